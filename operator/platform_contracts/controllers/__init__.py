"""One file a kind, and what several of them share: gather from the store, plan in a room, apply.

The only place where the rooms meet.
"""
