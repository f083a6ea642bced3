"""How fast, how big and how chatty the operator is, beside a bare client that sends the same writes."""
