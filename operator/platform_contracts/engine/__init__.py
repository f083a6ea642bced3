"""Level-triggered machinery: store, queue, client, apply. It knows no contracts."""
