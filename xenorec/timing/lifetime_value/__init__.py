"""What a customer will be worth: expected orders times their expected value, with an interval."""
