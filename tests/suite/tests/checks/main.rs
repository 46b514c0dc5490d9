//! What is true of the code itself.

mod architecture;
mod dependencies;
