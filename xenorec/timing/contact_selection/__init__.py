"""Which message of several goes to a customer, and which are left out under the cap."""
