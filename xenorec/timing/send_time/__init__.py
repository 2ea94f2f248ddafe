"""The hour of the week: curves of customers, and the best legal hour to send."""
