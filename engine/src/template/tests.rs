//! Do templates do what they say, and nothing else?
