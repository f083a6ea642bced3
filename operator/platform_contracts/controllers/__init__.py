"""One file a kind: gather from the store, plan in a room, apply. The only place where the rooms meet."""
