"""The ranker: features of customers and products, two boosted models, and their calibration."""
