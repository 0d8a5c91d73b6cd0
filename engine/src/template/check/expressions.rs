//! Which expressions may a template have, and what do they give?

use std::sync::Arc;

use minijinja::machinery::ast::{
    BinOpKind, Call, CallArg, CallType, Compare, CompareOpKind, Expr, Filter, List, Slice, Spanned,
    UnaryOpKind,
};
use minijinja::value::{Value, ValueKind};

use super::Walk;
use super::kinds::{MOST_STEPS, Sort, field_of};
use crate::schema::{FieldKind, Object, did_you_mean};

/// Filters by name, with what each takes in words.
const FILTERS: [(&str, &str); 15] = [
    ("date", "a day or a moment"),
    ("time", "a moment"),
    ("money", "an amount"),
    ("words", "an amount or a number"),
    ("number", "a number"),
    ("digits", "a text or a number"),
    ("phone", "a telephone number"),
    ("default", "any value"),
    ("lines", "a text"),
    ("one_line", "a text"),
    ("attr", "any value"),
    ("link", "a text"),
    ("join", "a list"),
    ("length", "a list or a text"),
    ("image", "a record"),
];

impl<'s> Walk<'_> {
    /// What an expression gives; what is wrong in it is noted.
    pub(super) fn expression(&mut self, expression: &Expr<'s>) -> Sort {
        let line = usize::from(expression.span().start_line);
        match expression {
            Expr::Var(name) => self.variable(name.id, line),
            Expr::Const(of) => constant(&of.value),
            Expr::GetAttr(of) => {
                let base = self.expression(&of.expr);
                self.part(&base, of.name, line)
            }
            Expr::GetItem(of) => {
                self.expression(&of.subscript_expr);
                match self.expression(&of.expr) {
                    Sort::List(item) => *item,
                    Sort::Any => Sort::Any,
                    _ => {
                        self.wrong(line, "write a field after a point: record.name");
                        Sort::Any
                    }
                }
            }
            Expr::Slice(of) => self.slice(of, line),
            Expr::UnaryOp(of) => {
                let sort = self.expression(&of.expr);
                match of.op {
                    UnaryOpKind::Not => Sort::Boolean,
                    UnaryOpKind::Neg => {
                        self.computes(&sort, line);
                        Sort::Number
                    }
                }
            }
            Expr::BinOp(of) => {
                let (left, right) = (self.expression(&of.left), self.expression(&of.right));
                self.is_an_option(&left, &of.right, line);
                self.is_an_option(&right, &of.left, line);
                self.operation(of.op, left, right, line)
            }
            Expr::Compare(of) => self.comparison(of, line),
            Expr::IfExpr(of) => {
                self.expression(&of.test_expr);
                let sort = self.expression(&of.true_expr);
                match &of.false_expr {
                    Some(other) => sort.or(self.expression(other)),
                    None => sort,
                }
            }
            Expr::Filter(filter) => self.filter(filter, line),
            Expr::Test(test) => {
                self.expression(&test.expr);
                if test.name != "empty" {
                    let message = format!("there is no test '{}'; there is 'empty'", test.name);
                    self.wrong(line, message);
                }
                Sort::Boolean
            }
            Expr::Call(call) => self.call(call, line),
            Expr::List(list) => self.list(list),
            Expr::Tuple(_) | Expr::Map(_) => {
                self.wrong(line, "a template has no maps and tuples");
                Sort::Any
            }
        }
    }

    fn slice(&mut self, of: &Slice<'s>, line: usize) -> Sort {
        for bound in [&of.start, &of.stop, &of.step].into_iter().flatten() {
            self.expression(bound);
        }
        match self.expression(&of.expr) {
            list @ (Sort::List(_) | Sort::Any) => list,
            other => {
                self.wrong(line, format!("{} has no slices", other.name()));
                Sort::Any
            }
        }
    }

    /// Several comparisons in a row: `1 < x < 5`.
    fn comparison(&mut self, of: &Compare<'s>, line: usize) -> Sort {
        let sort = self.expression(&of.expr);
        self.compares(&sort, line);
        for step in &of.ops {
            let sort = self.expression(&step.expr);
            if !matches!(step.op, CompareOpKind::In | CompareOpKind::NotIn) {
                self.compares(&sort, line);
            }
        }
        Sort::Boolean
    }

    fn list(&mut self, list: &List<'s>) -> Sort {
        let mut items = list.items.iter();
        let first = items.next().map(|item| self.expression(item));
        let all = items.fold(first, |sort, item| {
            let other = self.expression(item);
            sort.map(|sort| sort.or(other))
        });
        Sort::List(Box::new(all.unwrap_or(Sort::Any)))
    }

    fn variable(&mut self, name: &str, line: usize) -> Sort {
        let found = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        if let Some(sort) = found {
            return sort.clone();
        }
        if name == "record" && self.template.object.is_none() {
            self.wrong(line, "a part for every object cannot name the record; say which object it is for, or use company and recipient");
            return Sort::Any;
        }
        let known = self.scopes.iter().flat_map(|scope| scope.keys());
        let near = did_you_mean(name, known.map(String::as_str));
        self.wrong(line, format!("there is no '{name}' here{near}"));
        Sort::Any
    }

    /// What `base.name` gives.
    fn part(&mut self, base: &Sort, name: &str, line: usize) -> Sort {
        match base {
            Sort::Any => Sort::Any,
            Sort::Record { objects, steps } => self.field(objects, *steps, name, line),
            Sort::Choice(options) if name == "name" => Sort::OptionName(options.clone()),
            _ => {
                let parts = base.parts();
                if let Some((_, sort)) = parts.iter().find(|(part, _)| *part == name) {
                    return sort.clone();
                }
                let near = did_you_mean(name, parts.iter().map(|(part, _)| *part));
                self.wrong(line, format!("{} has no '{name}'{near}", base.name()));
                Sort::Any
            }
        }
    }

    fn field(&mut self, objects: &[Arc<Object>], steps: u8, name: &str, line: usize) -> Sort {
        if name == "id" {
            return Sort::Text;
        }
        let found = objects.iter().find_map(|object| field_of(object, name));
        let Some(field) = found else {
            // Without objects it is a standard object that this store lacks; nothing can be said about its fields.
            if let Some(object) = objects.first() {
                self.wrong(line, object.unknown_field(name));
            }
            return Sort::Any;
        };
        Sort::of(field, self.schema, steps).unwrap_or_else(|| {
            let message = format!(
                "'{name}' leads more than {MOST_STEPS} records away; bring the value nearer by a computed field"
            );
            self.wrong(line, message);
            Sort::Any
        })
    }

    fn operation(&mut self, op: BinOpKind, left: Sort, right: Sort, line: usize) -> Sort {
        match op {
            BinOpKind::ScAnd | BinOpKind::ScOr => left.or(right),
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte => {
                self.compares(&left, line);
                self.compares(&right, line);
                Sort::Boolean
            }
            BinOpKind::In => {
                self.compares(&left, line);
                Sort::Boolean
            }
            BinOpKind::Concat => {
                for sort in [left, right] {
                    if !matches!(
                        sort,
                        Sort::Text | Sort::OptionName(_) | Sort::Number | Sort::Any
                    ) {
                        let message = format!(
                            "{} cannot be joined with ~; write the values one after the other",
                            sort.name()
                        );
                        self.wrong(line, message);
                    }
                }
                Sort::Text
            }
            _ => {
                self.computes(&left, line);
                self.computes(&right, line);
                Sort::Number
            }
        }
    }

    /// An option that is compared with a word must have an option of that name, or the answer is always no.
    fn is_an_option(&mut self, sort: &Sort, with: &Expr<'s>, line: usize) {
        if let (Sort::OptionName(options), Expr::Const(of)) = (sort, with)
            && let Some(word) = of.value.as_str()
            && !options.iter().any(|option| option == word)
        {
            let near = did_you_mean(word, options.iter().map(String::as_str));
            self.wrong(line, format!("there is no option '{word}'{near}"));
        }
    }

    fn compares(&mut self, sort: &Sort, line: usize) {
        let message = match sort {
            Sort::Text | Sort::OptionName(_) | Sort::Number | Sort::Boolean | Sort::Any => return,
            Sort::Choice(_) => {
                "an option prints its label; compare its name: record.status.name == \"won\""
                    .to_owned()
            }
            other => format!(
                "{} cannot be compared in a template; let a computed field hold the answer",
                other.name()
            ),
        };
        self.wrong(line, message);
    }

    fn computes(&mut self, sort: &Sort, line: usize) {
        if !matches!(sort, Sort::Number | Sort::Any) {
            let message = format!(
                "a template does not compute with {}; let a field hold the result, so that the page says what the record says",
                sort.name()
            );
            self.wrong(line, message);
        }
    }

    fn filter(&mut self, filter: &Spanned<Filter<'s>>, line: usize) -> Sort {
        let sort = match &filter.expr {
            Some(expression) => self.expression(expression),
            None => Sort::Any,
        };
        let words: Vec<Option<String>> = filter.args.iter().map(word).collect();
        for arg in &filter.args {
            self.argument(arg, line);
        }
        let Some((_, takes)) = FILTERS.iter().find(|(name, _)| *name == filter.name) else {
            let near = did_you_mean(filter.name, FILTERS.iter().map(|(name, _)| *name));
            self.wrong(line, format!("there is no filter '{}'{near}", filter.name));
            return Sort::Any;
        };
        let words: Vec<&str> = words.iter().flatten().map(String::as_str).collect();
        use Sort as S;
        let sort = match sort {
            S::OptionName(_) => S::Text,
            other => other,
        };
        let (fits, gives) = match filter.name {
            "date" => (matches!(sort, S::Date | S::Instant), S::Text),
            "time" => (matches!(sort, S::Instant), S::Text),
            "money" => (matches!(sort, S::Money), S::Text),
            "words" => (matches!(sort, S::Money | S::Number | S::Decimal), S::Text),
            "number" => (matches!(sort, S::Number | S::Decimal), S::Text),
            "digits" => (
                matches!(sort, S::Text | S::Number | S::Decimal | S::Date),
                S::Text,
            ),
            "phone" => (matches!(sort, S::Phone | S::Text), S::Text),
            "lines" => (matches!(sort, S::Text | S::Address), S::Safe),
            "link" => (matches!(sort, S::Text), S::Safe),
            "join" => (matches!(sort, S::List(_) | S::Choices), S::Text),
            "length" => (matches!(sort, S::List(_) | S::Choices | S::Text), S::Number),
            "one_line" => (!matches!(sort, S::List(_)), S::Text),
            "attr" => (!matches!(sort, S::List(_)), S::Safe),
            "image" => {
                self.image(&sort, &words, line);
                (matches!(sort, S::Record { .. }), S::Picture)
            }
            _ => (true, sort.clone()),
        };
        if !fits && !matches!(sort, S::Any) {
            let message = format!(
                "the filter {} takes {takes}, and not {}",
                filter.name,
                sort.name()
            );
            self.wrong(line, message);
        }
        if let Some(message) = super::super::functions::wrong_words(filter.name, &words) {
            self.wrong(line, message);
        }
        gives
    }

    fn image(&mut self, sort: &Sort, words: &[&str], line: usize) {
        let (Sort::Record { objects, .. }, [field]) = (sort, words) else {
            self.wrong(line, "write company | image(\"logo\")");
            return;
        };
        if let Some(object) = objects.first()
            && object.field(field).is_none()
        {
            self.wrong(line, object.unknown_field(field));
        }
    }

    fn argument(&mut self, arg: &CallArg<'s>, line: usize) {
        match arg {
            CallArg::Pos(value) | CallArg::Kwarg(_, value) => {
                self.expression(value);
            }
            CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                self.wrong(line, "write each argument by itself");
            }
        }
    }

    fn call(&mut self, call: &Spanned<Call<'s>>, line: usize) -> Sort {
        match call.identify_call() {
            CallType::Function("children") => self.children(&call.args, line),
            CallType::Function(name) => {
                let near = did_you_mean(name, ["children"].into_iter());
                self.wrong(line, format!("there is no function '{name}'{near}"));
                Sort::Any
            }
            CallType::Method(base, "cycle") if matches!(base, Expr::Var(name) if name.id == "loop") =>
            {
                self.expression(base);
                call.args.iter().for_each(|arg| self.argument(arg, line));
                Sort::Text
            }
            _ => {
                self.wrong(
                    line,
                    "nothing here can be called; there is children(record, \"object\")",
                );
                Sort::Any
            }
        }
    }

    /// `children(record, "opportunity", by="account", sort="-amount", limit=20)`.
    fn children(&mut self, args: &[CallArg<'s>], line: usize) -> Sort {
        let list = |sort| Sort::List(Box::new(sort));
        for arg in args {
            self.argument(arg, line);
        }
        let [CallArg::Pos(of), CallArg::Pos(_), rest @ ..] = args else {
            self.wrong(line, "write children(record, \"object\")");
            return list(Sort::Any);
        };
        let Some(name) = args.get(1).and_then(word) else {
            self.wrong(
                line,
                "name the object in quotes: children(record, \"opportunity\")",
            );
            return list(Sort::Any);
        };
        let Sort::Record { objects, .. } = self.expression(of) else {
            self.wrong(line, "only a record has children");
            return list(Sort::Any);
        };
        let Some(child) = self.schema.object(&name).cloned() else {
            let names = self.schema.objects().map(|object| object.name.as_str());
            let near = did_you_mean(&name, names);
            self.wrong(line, format!("there is no object '{name}'{near}"));
            return list(Sort::Any);
        };
        self.children_options(&child, rest, line);
        let by = rest.iter().find_map(|arg| match arg {
            CallArg::Kwarg("by", _) => word(arg),
            _ => None,
        });
        if let Some(parent) = objects.first()
            && by.is_none()
        {
            let count = links(&child, &parent.name).count();
            if count != 1 {
                let message = format!(
                    "{count} fields of {name} lead to {}; say which: by=\"…\"",
                    parent.name
                );
                self.wrong(line, message);
            }
        }
        list(Sort::Record {
            objects: vec![child],
            steps: 0,
        })
    }

    fn children_options(&mut self, child: &Object, rest: &[CallArg<'s>], line: usize) {
        for arg in rest {
            match (arg, word(arg)) {
                (CallArg::Kwarg("limit", _), _) => {}
                (CallArg::Kwarg("by", _), Some(field)) => {
                    if child.field(&field).is_none() {
                        self.wrong(line, child.unknown_field(&field));
                    }
                }
                (CallArg::Kwarg("sort", _), Some(keys)) => {
                    for key in keys.split(',').map(|key| key.trim_start_matches('-')) {
                        if child.field(key).is_none() {
                            self.wrong(line, child.unknown_field(key));
                        }
                    }
                }
                _ => self.wrong(
                    line,
                    "children takes by=\"field\", sort=\"-field\" and limit=20",
                ),
            }
        }
    }
}

/// The reference fields of an object that may lead to another one.
pub(in crate::template) fn links<'a>(
    child: &'a Object,
    parent: &'a str,
) -> impl Iterator<Item = &'a str> {
    child
        .live_fields()
        .filter_map(move |field| match &field.kind {
            FieldKind::Reference { to, .. } if to.iter().any(|name| name == parent) => {
                Some(field.name.as_str())
            }
            _ => None,
        })
}

fn constant(value: &Value) -> Sort {
    match value.kind() {
        ValueKind::String => Sort::Text,
        ValueKind::Number => Sort::Number,
        ValueKind::Bool => Sort::Boolean,
        _ => Sort::Any,
    }
}

/// The text of an argument that is written in quotes.
fn word(arg: &CallArg<'_>) -> Option<String> {
    let (CallArg::Pos(Expr::Const(of)) | CallArg::Kwarg(_, Expr::Const(of))) = arg else {
        return None;
    };
    of.value.as_str().map(str::to_owned)
}
