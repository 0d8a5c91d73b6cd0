//! Do the reports say what a plain look says?
