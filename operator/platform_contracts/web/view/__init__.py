"""Pure: from what the store holds and what a reader may see to what a page shows."""
