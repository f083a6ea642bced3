"""A service as a product, purely planned: what users say about it, and the roadmap that follows from it."""
