//! What is a hostile guest made of? A core module of a few instructions and bytes, wrapped into a component of the contract.

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, Encode, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    Instruction, MemorySection, MemoryType, Module, RefType, Section, StartSection, TableSection,
    TableType, TypeSection, ValType,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::guests::allocate;

pub(super) type Body = Vec<Instruction<'static>>;

/// Where every function's answer lies. Memory is zero there unless `data` says otherwise: empty lists, `ok`.
pub(super) const ANSWER: i32 = 1024;
/// Where `bind` finds that all is well.
const BOUND: i32 = 512;
/// Where the parts of an answer lie.
pub(super) const PARTS: i32 = 2048;
/// The function that `log` is; the guest's own allocator is the next one.
pub(super) const LOG: u32 = 0;
/// The function of `records` or `store` that it asks, where it asks one.
pub(super) const ASK: u32 = 1;

/// A kind of hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    FieldType,
    ComputedFields,
    BeforeSave,
    AfterCommit,
    WorkflowAction,
    Gamification,
}

impl Point {
    fn interface(self) -> &'static str {
        match self {
            Self::FieldType => "field-type",
            Self::ComputedFields => "computed-fields",
            Self::BeforeSave => "before-save",
            Self::AfterCommit => "after-commit",
            Self::WorkflowAction => "workflow-action",
            Self::Gamification => "gamification",
        }
    }

    /// The functions of its interface; whether each takes a text beside the batch.
    fn functions(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::FieldType => &[("normalise", false), ("validate", false), ("format", true)],
            Self::ComputedFields => &[("compute", false)],
            Self::BeforeSave => &[("before-save", false)],
            Self::AfterCommit => &[("after-commit", false)],
            Self::WorkflowAction => &[("perform", true)],
            Self::Gamification => &[("score", false)],
        }
    }

    fn manifest(self, shade: &str) -> String {
        let field = |kind: &str| {
            format!("[[field]]\nobject = \"lead\"\nname = \"shade\"\ntype = \"{kind}\"\n")
        };
        let hook = |name: &str, more: &str| {
            let point = self.interface();
            format!("[[hook]]\npoint = \"{point}\"\nname = \"{name}\"\n{more}\n")
        };
        match self {
            Self::FieldType => [field("hostile/shade"), hook("shade", "")].concat(),
            Self::ComputedFields | Self::BeforeSave => {
                let columns = "object = \"lead\"\nreads = [\"employees\"]\nwrites = [\"shade\"]";
                [field(shade), hook("lead", columns)].concat()
            }
            Self::AfterCommit => {
                hook("lead", "object = \"lead\"\nreads = [\"employees\"]")
                    + "[[effect]]\nobject = \"lead\"\nverb = \"update\"\nfields = [\"company\"]\n"
            }
            Self::WorkflowAction => {
                hook("act", "object = \"lead\"\nreads = [\"employees\"]")
                    + "[[workflow]]\nname = \"always\"\nobject = \"lead\"\ntrigger = \"change\"\naction = \"act\"\n"
            }
            Self::Gamification => {
                let columns = "object = \"lead\"\nreads = [\"employees\"]\ncredit = \"owner\"\non = [\"create\"]";
                hook("lead", columns)
                    + "[[hook.reason]]\nname = \"typing\"\nlabel = { en = \"Typing\" }\n"
            }
        }
    }
}

/// A guest; what is not set does no harm.
#[derive(Clone)]
pub(super) struct Hostile {
    pub(super) point: Point,
    /// The function with the body, and the body; `start` is the module's start function.
    pub(super) function: &'static str,
    pub(super) body: Body,
    /// What lies in memory from the start.
    pub(super) data: Vec<(i32, Vec<u8>)>,
    pub(super) pages: u64,
    pub(super) table: u64,
    /// The type of the field that it writes.
    pub(super) shade: &'static str,
    pub(super) on_failure: &'static str,
    /// More of its manifest.
    pub(super) more: &'static str,
    pub(super) fuel: u64,
    /// An interface of the host, a function of it, and how many numbers that takes.
    pub(super) asks: Option<(&'static str, &'static str, u32)>,
}

impl Hostile {
    pub(super) fn new(point: Point, function: &'static str, body: Body) -> Self {
        Self {
            point,
            function,
            body,
            data: Vec::new(),
            pages: 4,
            table: 1,
            shade: "integer",
            on_failure: "reject",
            more: "",
            fuel: 1_000_000,
            asks: None,
        }
    }

    /// One that answers these bytes.
    pub(super) fn answering(point: Point, data: Vec<(i32, Vec<u8>)>) -> Self {
        let function = point.functions()[0].0;
        Self {
            data,
            ..Self::new(point, function, answered())
        }
    }

    /// The same, writing texts.
    pub(super) fn of_text(self) -> Self {
        Self {
            shade: "text",
            ..self
        }
    }

    pub(super) fn component(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        resolve
            .push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v0.1"))
            .unwrap();
        let world = format!(
            "package test:guest; world guest {{ include peyvand:plugin/{}-plugin@0.1.0; }}",
            self.point.interface()
        );
        let package = resolve.push_str("guest.wit", &world).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = self.module();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .unwrap();
        let component = ComponentEncoder::default()
            .module(&module)
            .unwrap()
            .validate(true)
            .encode()
            .unwrap();
        with_sections(component, "0.1", &self.manifest())
    }

    pub(super) fn manifest(&self) -> String {
        format!(
            "id = \"hostile\"\nversion = \"1.2.3\"\ncontract = \"0.1\"\non-failure = \"{}\"\n\
             limits = {{ fuel-per-call = {}, fuel-per-row = 1_000 }}\n{}{}",
            self.on_failure,
            self.fuel,
            self.point.manifest(self.shade),
            self.more
        )
    }

    fn module(&self) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&types(self.asks.map_or(0, |(_, _, numbers)| numbers)));
        let mut imports = ImportSection::new();
        imports.import(
            "peyvand:plugin/log@0.1.0",
            "log",
            EntityType::Function(TO_LOG),
        );
        if let Some((interface, name, _)) = self.asks {
            let interface = format!("peyvand:plugin/{interface}@0.1.0");
            imports.import(&interface, name, EntityType::Function(ASKED));
        }
        let first = imports.len();
        module.section(&imports);
        let parts = self.functions();
        let mut functions = FunctionSection::new();
        for part in &parts {
            functions.function(part.kind);
        }
        let (tables, memories, globals) = self.room();
        module
            .section(&functions)
            .section(&tables)
            .section(&memories)
            .section(&globals)
            .section(&exports(&parts, first));
        if let Some(place) = parts.iter().position(|part| part.name == "start") {
            let function_index = place as u32 + first;
            module.section(&StartSection { function_index });
        }
        module.section(&code(&parts));
        let mut data = DataSection::new();
        for (address, bytes) in &self.data {
            data.active(0, &ConstExpr::i32_const(*address), bytes.iter().copied());
        }
        module.section(&data);
        module.finish()
    }

    fn room(&self) -> (TableSection, MemorySection, GlobalSection) {
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: self.table,
            maximum: None,
            shared: false,
        });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: self.pages,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        let number = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        // What the next allocation gets.
        globals.global(number, &ConstExpr::i32_const(1 << 16));
        (tables, memories, globals)
    }

    fn functions(&self) -> Vec<Part> {
        let full = |name: &str| format!("peyvand:plugin/{}@0.1.0#{name}", self.point.interface());
        let bind = "peyvand:plugin/binding@0.1.0#bind".to_owned();
        let mut parts = vec![
            Part::new("cabi_realloc", "cabi_realloc".to_owned(), FOUR, allocate()),
            Part::new("bind", bind, FOUR, vec![Instruction::I32Const(BOUND)]),
        ];
        for (name, takes_text) in self.point.functions() {
            let kind = if *takes_text { BATCH_AND_TEXT } else { BATCH };
            parts.push(Part::new(name, full(name), kind, answered()));
        }
        if let Some(part) = parts.iter_mut().find(|part| part.name == self.function) {
            part.body.clone_from(&self.body);
        } else if self.function == "start" {
            parts.push(Part::new(
                "start",
                String::new(),
                NOTHING,
                self.body.clone(),
            ));
        } else {
            // What frees an answer once the host has read it.
            let freed = full(self.point.functions()[0].0);
            let name = format!("cabi_post_{freed}");
            parts.push(Part::new("post-return", name, FREES, self.body.clone()));
        }
        parts
    }
}

/// A function of the module.
struct Part {
    name: &'static str,
    export: String,
    kind: u32,
    body: Body,
}

impl Part {
    fn new(name: &'static str, export: String, kind: u32, body: Body) -> Self {
        Self {
            name,
            export,
            kind,
            body,
        }
    }
}

const FOUR: u32 = 0;
const BATCH: u32 = 1;
const BATCH_AND_TEXT: u32 = 2;
const NOTHING: u32 = 3;
const TO_LOG: u32 = 4;
const FREES: u32 = 5;
const ASKED: u32 = 6;

fn types(asked: u32) -> TypeSection {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    types.ty().function([ValType::I32; 8], [ValType::I32]);
    types.ty().function([ValType::I32; 10], [ValType::I32]);
    types.ty().function([], []);
    types.ty().function([ValType::I32; 2], []);
    types.ty().function([ValType::I32], []);
    types.ty().function(vec![ValType::I32; asked as usize], []);
    types
}

fn exports(parts: &[Part], first: u32) -> ExportSection {
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    for (part, place) in parts.iter().zip(first..) {
        if !part.export.is_empty() {
            exports.export(&part.export, ExportKind::Func, place);
        }
    }
    exports
}

fn code(parts: &[Part]) -> CodeSection {
    let mut code = CodeSection::new();
    for part in parts {
        let mut function = Function::new([]);
        for instruction in &part.body {
            function.instruction(instruction);
        }
        function.instruction(&Instruction::End);
        code.function(&function);
    }
    code
}

/// A component with the two sections of a plugin.
pub(super) fn with_sections(mut component: Vec<u8>, contract: &str, manifest: &str) -> Vec<u8> {
    for (name, data) in [
        ("peyvand:contract", contract),
        ("peyvand:manifest", manifest),
    ] {
        let section = CustomSection {
            name: name.into(),
            data: data.as_bytes().into(),
        };
        component.push(section.id());
        section.encode(&mut component);
    }
    component
}

/// Gives the answer that lies in memory.
pub(super) fn answered() -> Body {
    vec![Instruction::I32Const(ANSWER)]
}
