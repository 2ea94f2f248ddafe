"""Was timing right? Each model scored from past origins, beside simple rules."""
