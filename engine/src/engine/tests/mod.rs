//! What holds for the engine as a whole, seen from inside?

mod faults;
mod leaves;
mod turns;
