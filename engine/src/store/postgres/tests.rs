//! Does the store in a database keep what the others cannot be asked for?
