//! Which statements may a template have, and where do they lead?

use std::collections::BTreeMap;

use minijinja::machinery::ast::{Expr, Stmt};

use super::Walk;
use super::kinds::Sort;

/// Names that the engine gives; a template cannot give them another meaning.
const GIVEN: [&str; 8] = [
    "record",
    "company",
    "recipient",
    "today",
    "now",
    "language",
    "direction",
    "loop",
];

impl<'s> Walk<'_> {
    pub(super) fn statements(&mut self, statements: &[Stmt<'s>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'s>) {
        match statement {
            Stmt::EmitRaw(raw) => {
                let line = usize::from(raw.span().start_line);
                if let Some(Err(message)) = self.place.as_mut().map(|place| place.read(raw.raw)) {
                    self.wrong(line, message);
                }
            }
            Stmt::EmitExpr(emit) => self.emit(&emit.expr, usize::from(emit.span().start_line)),
            Stmt::ForLoop(each) => {
                let line = usize::from(each.span().start_line);
                let item = self.item(&each.iter, line);
                if each.recursive {
                    self.wrong(line, "a loop cannot be recursive");
                }
                let mut scope: BTreeMap<_, _> = [("loop".to_owned(), Sort::Loop)].into();
                self.name(&each.target, item, line, &mut scope);
                self.scopes.push(scope);
                if let Some(filter) = &each.filter_expr {
                    self.expression(filter);
                }
                self.block(&each.body, line);
                self.scopes.pop();
                self.block(&each.else_body, line);
            }
            Stmt::IfCond(cond) => {
                let line = usize::from(cond.span().start_line);
                self.expression(&cond.expr);
                self.block(&cond.true_body, line);
                self.block(&cond.false_body, line);
            }
            Stmt::WithBlock(with) => {
                let line = usize::from(with.span().start_line);
                let mut scope = BTreeMap::new();
                for (target, value) in &with.assignments {
                    let sort = self.expression(value);
                    self.name(target, sort, line, &mut scope);
                }
                self.scopes.push(scope);
                self.block(&with.body, line);
                self.scopes.pop();
            }
            Stmt::Set(set) => {
                let line = usize::from(set.span().start_line);
                let sort = self.expression(&set.expr);
                let mut scope = self.scopes.pop().unwrap_or_default();
                self.name(&set.target, sort, line, &mut scope);
                self.scopes.push(scope);
            }
            Stmt::Include(include) => {
                let line = usize::from(include.span().start_line);
                match &include.name {
                    Expr::Const(name) if name.value.as_str().is_some() => {
                        let key = name.value.as_str().unwrap_or_default().to_owned();
                        self.includes.push((key, line));
                    }
                    _ => self.wrong(
                        line,
                        "name the part in quotes: {% include \"letterhead\" %}",
                    ),
                }
                let takes = self.place.as_ref().map(|place| place.takes(None, false));
                if let Some(Err(_)) = takes {
                    self.wrong(line, "a part cannot stand inside a tag");
                }
            }
            other => self.refused(other),
        }
    }

    /// A part of the text that may be left out or repeated: it must end where it began.
    fn block(&mut self, body: &[Stmt<'s>], line: usize) {
        let before = self.place.clone();
        self.statements(body);
        if self.place != before {
            self.wrong(
                line,
                "a tag begins in one branch and ends in another; close it where it was opened",
            );
            self.place = before;
        }
    }

    fn emit(&mut self, value: &Expr<'s>, line: usize) {
        let sort = self.expression(value);
        if matches!(sort, Sort::List(_) | Sort::Loop) {
            let message = format!(
                "{} cannot be printed; go through it with {{% for … in … %}}",
                sort.name()
            );
            self.wrong(line, message);
        }
        let filter = match value {
            Expr::Filter(filter) => Some(filter.name),
            _ => None,
        };
        let picture = matches!(sort, Sort::Picture);
        let takes = self
            .place
            .as_ref()
            .map(|place| place.takes(filter, picture));
        if let Some(Err(message)) = takes {
            self.wrong(line, message);
        }
    }

    /// What a loop goes through, one at a time.
    fn item(&mut self, list: &Expr<'s>, line: usize) -> Sort {
        match self.expression(list) {
            Sort::List(item) => *item,
            Sort::Any => Sort::Any,
            Sort::Choices => Sort::Text,
            other => {
                let message = format!(
                    "{} is no list; a record's children are children(record, \"object\")",
                    other.name()
                );
                self.wrong(line, message);
                Sort::Any
            }
        }
    }

    fn name(
        &mut self,
        target: &Expr<'s>,
        sort: Sort,
        line: usize,
        scope: &mut BTreeMap<String, Sort>,
    ) {
        match target {
            Expr::Var(name) if GIVEN.contains(&name.id) => {
                let message = format!("'{}' is given by the engine; take another name", name.id);
                self.wrong(line, message);
            }
            Expr::Var(name) => {
                scope.insert(name.id.to_owned(), sort);
            }
            _ => self.wrong(line, "give one name"),
        }
    }

    fn refused(&mut self, statement: &Stmt<'s>) {
        let (line, word) = match statement {
            Stmt::SetBlock(of) => (of.span().start_line, "set … endset"),
            Stmt::AutoEscape(of) => (of.span().start_line, "autoescape"),
            Stmt::FilterBlock(of) => (of.span().start_line, "filter"),
            Stmt::Block(of) => (of.span().start_line, "block"),
            Stmt::Import(of) => (of.span().start_line, "import"),
            Stmt::FromImport(of) => (of.span().start_line, "from"),
            Stmt::Extends(of) => (of.span().start_line, "extends"),
            Stmt::Do(of) => (of.span().start_line, "do"),
            _ => (1, "this"),
        };
        let message = format!(
            "{{% {word} %}} has no place in a template; there are for, if, with, set and include"
        );
        self.wrong(usize::from(line), message);
    }
}
