//! What does the script language offer, within which limits?

use std::sync::LazyLock;

use rhai::module_resolvers::DummyModuleResolver;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Engine, OptimizationLevel, Scope};

use super::{arithmetic, containers, functions, meter, view};

/// What one run of a script may use at most.
///
/// There is no deadline: it would need a clock, the engine may not read one, and a run that stops at another place
/// on a slower machine could not be replayed. Operations, weighed by `meter`, bound the time.
pub(super) struct Limits {
    pub(super) operations: u64,
    pub(super) call_levels: usize,
    /// At the top level, and inside of functions.
    pub(super) expression_depths: (usize, usize),
    pub(super) text_bytes: usize,
    pub(super) list_items: usize,
    pub(super) map_entries: usize,
    /// How deep lists and maps may be nested where they are taken apart: compared, printed, kept in a record.
    pub(super) nesting: usize,
    pub(super) variables: usize,
    pub(super) reads: usize,
    pub(super) effects: usize,
    pub(super) refusals: usize,
    pub(super) log_lines: usize,
    pub(super) log_line_chars: usize,
}

pub(super) const LIMITS: Limits = Limits {
    operations: 1_000_000,
    call_levels: 32,
    expression_depths: (64, 32),
    text_bytes: 64 * 1024,
    // rhai counts the items of a value anew with every change, level by level: ten thousand lists in lists ended a
    // stack of 2 MiB, and a thousand are ten times what one run may read.
    list_items: 1_000,
    map_entries: 1_000,
    nesting: 32,
    variables: 256,
    reads: 100,
    effects: 100,
    refusals: 100,
    log_lines: 100,
    log_line_chars: 500,
};

/// What cannot be written in a script: more programs from texts, other files, output that nobody reads, and function
/// values that hold function values, whose size nothing counts; `this` is a variable that nothing measures.
const FORBIDDEN: [&str; 7] = [
    "eval", "import", "export", "print", "debug", "curry", "this",
];

static ENGINE: LazyLock<Engine> = LazyLock::new(build);

/// The one engine of all scripts. It holds no state of a run.
pub(super) fn engine() -> &'static Engine {
    &ENGINE
}

/// The variables that every script finds.
pub(super) fn scope(record: rhai::Dynamic, old: rhai::Dynamic) -> Scope<'static> {
    let mut scope = Scope::new();
    // Not constants: a constant's fields could not be set.
    scope
        .push_dynamic("record", record)
        .push_dynamic("old", old);
    scope
}

fn build() -> Engine {
    let mut engine = Engine::new_raw();
    // Chosen one by one: the core language package has `sleep` and `exit`, the standard one the machine's clock.
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicFnPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    engine
        // An optimised list is one operation however long it is.
        .set_optimization_level(OptimizationLevel::None)
        .set_module_resolver(DummyModuleResolver::new())
        .set_max_modules(0)
        .set_max_operations(LIMITS.operations)
        .set_max_call_levels(LIMITS.call_levels)
        .set_max_expr_depths(LIMITS.expression_depths.0, LIMITS.expression_depths.1)
        .set_max_string_size(LIMITS.text_bytes)
        .set_max_array_size(LIMITS.list_items)
        .set_max_map_size(LIMITS.map_entries)
        .set_max_variables(LIMITS.variables)
        // Closures that hold closures make chains as long as the run, and taking one apart needs that much stack.
        .set_allow_anonymous_fn(false)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true);
    meter::attach(&mut engine);
    for symbol in FORBIDDEN {
        engine.disable_symbol(symbol);
    }
    arithmetic::register(&mut engine);
    containers::register(&mut engine);
    view::register(&mut engine);
    functions::register(&mut engine);
    engine
}
