//! Which guests do the tests call?
//!
//! Components made from a few instructions, so that hostile ones need no toolchain.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, Encode, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    Instruction, MemArg, MemArgTarget, MemorySection, MemoryType, Module, Section, TypeSection,
    ValType,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where the answers of the guests lie. Memory is zero there: empty lists, `ok`.
pub(super) const ANSWER: i32 = 1024;

/// What a guest is made of.
pub(super) struct Guest<'a> {
    /// The body of `compute`; its parameters are hook, rows, then address and length of cells, presence and text.
    pub(super) compute: &'a [Instruction<'a>],
    /// The body of `bind`.
    pub(super) bind: &'a [Instruction<'a>],
    /// A world in place of the contract's, with a package of its own.
    pub(super) world: &'a str,
    /// A function that the module imports: `log`, or one `() -> i64`.
    pub(super) import: Option<(&'a str, &'a str)>,
    /// The name of the function that `compute` is exported as.
    pub(super) export: &'a str,
    pub(super) contract: &'a str,
    pub(super) manifest: &'a str,
    /// The section `peyvand:data`; none when empty.
    pub(super) data: &'a str,
}

const ANSWERED: &[Instruction<'static>] = &[Instruction::I32Const(ANSWER)];

impl Default for Guest<'_> {
    fn default() -> Self {
        Self {
            compute: ANSWERED,
            bind: ANSWERED,
            world: "package test:guest; world guest { include peyvand:plugin/computed-fields-plugin@0.1.0; }",
            import: None,
            export: "peyvand:plugin/computed-fields@0.1.0#compute",
            contract: "0.1",
            manifest: MANIFEST,
            data: "",
        }
    }
}

pub(super) const MANIFEST: &str = r#"
id = "tester"
version = "1.2.3"
contract = "0.1"
on-failure = "reject"
limits = { fuel-per-call = 1_000_000, fuel-per-row = 1_000 }

[[field]]
object = "lead"
name = "score"
type = "integer"

[[hook]]
point = "computed-fields"
name = "lead"
object = "lead"
reads = ["employees"]
writes = ["score"]
"#;

impl Guest<'_> {
    /// The core module.
    pub(super) fn module(&self) -> Vec<u8> {
        let (mut types, mut imports, mut functions) = (
            TypeSection::new(),
            ImportSection::new(),
            FunctionSection::new(),
        );
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        types.ty().function([ValType::I32; 8], [ValType::I32]);
        types.ty().function([], [ValType::I64]);
        types.ty().function([], []);
        types.ty().function([ValType::I32; 2], []);
        let first = u32::from(self.import.is_some());
        if let Some((module, name)) = self.import {
            imports.import(
                module,
                name,
                EntityType::Function(if name == "log" { 4 } else { 2 }),
            );
        }
        let is_hook = self.export.starts_with("peyvand:");
        functions
            .function(0)
            .function(0)
            .function(if is_hook { 1 } else { 3 });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 4,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        // What the next allocation gets, and a number that the guest keeps between calls.
        for start in [4096, 0] {
            globals.global(
                GlobalType {
                    val_type: ValType::I32,
                    mutable: true,
                    shared: false,
                },
                &ConstExpr::i32_const(start),
            );
        }
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0).export(
            "cabi_realloc",
            ExportKind::Func,
            first,
        );
        if is_hook {
            exports.export(
                "peyvand:plugin/binding@0.1.0#bind",
                ExportKind::Func,
                first + 1,
            );
        }
        exports.export(self.export, ExportKind::Func, first + 2);
        let code = self.code();
        let mut module = Module::new();
        module.section(&types);
        if first == 1 {
            module.section(&imports);
        }
        module
            .section(&functions)
            .section(&memories)
            .section(&globals)
            .section(&exports)
            .section(&code);
        module.finish()
    }

    fn code(&self) -> CodeSection {
        let mut code = CodeSection::new();
        let allocate = allocate();
        for body in [&allocate[..], self.bind, self.compute] {
            let mut function = Function::new([(4, ValType::I32)]);
            for instruction in body {
                function.instruction(instruction);
            }
            function.instruction(&Instruction::End);
            code.function(&function);
        }
        code
    }

    /// The component with its sections.
    pub(super) fn component(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        resolve
            .push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v0.1"))
            .unwrap();
        if let Some((name, function)) = self.import
            && let Some((package, rest)) = name.split_once('/')
            && let Some((interface, version)) = rest.split_once('@')
            && package.starts_with("wasi:")
        {
            let system = format!(
                "package {package}@{version}; interface {interface} {{ {function}: func() -> u64; }}"
            );
            resolve.push_str("system.wit", &system).unwrap();
        }
        let package = resolve.push_str("guest.wit", self.world).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = self.module();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .unwrap();
        let mut component = ComponentEncoder::default()
            .module(&module)
            .unwrap()
            .validate(true)
            .encode()
            .unwrap();
        for (name, data) in [
            ("peyvand:contract", self.contract),
            ("peyvand:manifest", self.manifest),
            ("peyvand:data", self.data),
        ] {
            if data.is_empty() && name == "peyvand:data" {
                continue;
            }
            let section = CustomSection {
                name: name.into(),
                data: data.as_bytes().into(),
            };
            component.push(section.id());
            section.encode(&mut component);
        }
        component
    }
}

/// A component whose `compute` is this.
pub(super) fn computing(compute: &[Instruction<'_>]) -> Vec<u8> {
    Guest {
        compute,
        ..Guest::default()
    }
    .component()
}

/// `while true {}`.
pub(super) fn endless() -> Vec<Instruction<'static>> {
    vec![
        Instruction::Loop(BlockType::Empty),
        Instruction::Br(0),
        Instruction::End,
        Instruction::Unreachable,
    ]
}

/// Grows memory until it is refused, and panics then, as Rust does.
pub(super) fn memory_bomb() -> Vec<Instruction<'static>> {
    vec![
        Instruction::Loop(BlockType::Empty),
        Instruction::I32Const(16),
        Instruction::MemoryGrow(0),
        Instruction::I32Const(-1),
        Instruction::I32Ne,
        Instruction::BrIf(0),
        Instruction::End,
        Instruction::Unreachable,
    ]
}

fn word() -> MemArg {
    MemArg {
        offset: 0,
        align: 0,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}

fn store(address: i32, number: i32) -> [Instruction<'static>; 3] {
    [
        Instruction::I32Const(address),
        Instruction::I32Const(number),
        Instruction::I32Store(word()),
    ]
}

/// Panics when one of the rows has this number in its first column.
pub(super) fn panic_at(number: i64) -> Vec<Instruction<'static>> {
    vec![
        Instruction::Block(BlockType::Empty),
        Instruction::Loop(BlockType::Empty),
        Instruction::LocalGet(8),
        Instruction::LocalGet(1),
        Instruction::I32GeU,
        Instruction::BrIf(1),
        Instruction::LocalGet(2),
        Instruction::LocalGet(8),
        Instruction::I32Const(8),
        Instruction::I32Mul,
        Instruction::I32Add,
        Instruction::I64Load(word()),
        Instruction::I64Const(number),
        Instruction::I64Eq,
        Instruction::If(BlockType::Empty),
        Instruction::Unreachable,
        Instruction::End,
        Instruction::LocalGet(8),
        Instruction::I32Const(1),
        Instruction::I32Add,
        Instruction::LocalSet(8),
        Instruction::Br(0),
        Instruction::End,
        Instruction::End,
    ]
}

/// Panics when it is called a second time in the same instance.
pub(super) fn panic_when_used() -> Vec<Instruction<'static>> {
    vec![
        Instruction::GlobalGet(1),
        Instruction::If(BlockType::Empty),
        Instruction::Unreachable,
        Instruction::End,
        Instruction::I32Const(1),
        Instruction::GlobalSet(1),
    ]
}

/// Answers one patch: a row, a column, and a number in one cell.
pub(super) fn patching(row: i32, column: i32, number: i32) -> Vec<Instruction<'static>> {
    let lists = [(0, 2048, 1), (8, 2056, 1), (16, 2064, 8), (24, 2072, 1)];
    let mut body: Vec<Instruction<'static>> = Vec::new();
    for (list, address, length) in lists {
        body.extend(store(ANSWER + list, address));
        body.extend(store(ANSWER + list + 4, length));
    }
    for (address, value) in [(2048, row), (2056, column), (2064, number), (2072, 1)] {
        body.extend(store(address, value));
    }
    body.push(Instruction::I32Const(ANSWER));
    body
}

/// Answers one patch with what an imported function says.
pub(super) fn patching_import() -> Vec<Instruction<'static>> {
    let mut body = patching(0, 0, 0);
    body.pop();
    body.extend([
        Instruction::I32Const(2064),
        Instruction::Call(0),
        Instruction::I64Store(word()),
        Instruction::I32Const(ANSWER),
    ]);
    body
}

/// Logs this many bytes of a space, which is written over the memory from 8192 on.
pub(super) fn logging(bytes: i32) -> Vec<Instruction<'static>> {
    vec![
        Instruction::I32Const(8192),
        Instruction::I32Const(i32::from(b' ')),
        Instruction::I32Const(bytes),
        Instruction::MemoryFill(0),
        Instruction::I32Const(8192),
        Instruction::I32Const(bytes),
        Instruction::Call(0),
    ]
}

/// Answers a list of rows that is said to be this long.
pub(super) fn answering_rows(length: i32) -> Vec<Instruction<'static>> {
    let mut body = store(ANSWER + 4, length).to_vec();
    body.push(Instruction::I32Const(ANSWER));
    body
}

/// Gives the next bytes of memory, and never takes any back.
pub(super) fn allocate() -> Vec<Instruction<'static>> {
    vec![
        Instruction::GlobalGet(0),
        Instruction::GlobalGet(0),
        Instruction::LocalGet(3),
        Instruction::I32Const(15),
        Instruction::I32Add,
        Instruction::I32Const(-8),
        Instruction::I32And,
        Instruction::I32Add,
        Instruction::GlobalSet(0),
    ]
}
