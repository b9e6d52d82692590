"""Telling the person (R-61..R-64): what is due, deferrals with a review date, reminders, a draft letter."""
