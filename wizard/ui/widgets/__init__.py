"""One look each. A widget shows data it is given and posts messages; it starts nothing and knows no step."""
