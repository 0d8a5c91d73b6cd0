//! Does everybody see and do what his role gives him, and nothing else, by whatever door?

mod house;
mod model;
mod rights;
