"""The command line of Palautevirta and the embedded stack behind it."""
