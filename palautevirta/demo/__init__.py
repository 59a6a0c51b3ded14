"""The demonstration: a year of the nation's feedback, posted as events and compared with what was published of it."""
