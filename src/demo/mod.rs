//! The demo: everything on this machine with nothing set up. A made-up center with made-up patients, the
//! simulated provider with its page of phones, and a clock that can be moved. Nothing on the pages is staged:
//! every state comes about by texts that travel through the simulator.
