"""Who reads, and what they may see: both are the API server's word, asked for again every few seconds."""
