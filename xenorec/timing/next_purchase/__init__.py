"""The next purchase: its chance within any horizon, its date, and whether it comes at all."""
