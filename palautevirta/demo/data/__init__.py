"""Published counts that the demonstration replays; SOURCE.md says where they come from."""
