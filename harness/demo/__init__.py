"""`make demo`: a platform contract live, on real parts, in a minute."""
