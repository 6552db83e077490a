"""The 26 operations of the Emporix customer API as data; whatever speaks of one is derived from here."""
