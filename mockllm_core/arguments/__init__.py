"""Values from JSON schemas: valid, readable, the same every time."""
