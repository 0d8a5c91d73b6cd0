//! How are lists and maps compared and printed?
//!
//! As rhai does it, but not deeper than a limit: rhai's own ways call themselves for every level, and some thousand
//! levels of lists in lists would end the stack and with it the host.

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map, NativeCallContext};

use super::engine::LIMITS;

type Fallible<T> = Result<T, Box<EvalAltResult>>;
type Call<'a> = NativeCallContext<'a>;

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("==", |call: Call<'_>, a: &mut Array, b: Array| {
            lists(&call, a, &b, LIMITS.nesting)
        })
        .register_fn("!=", |call: Call<'_>, a: &mut Array, b: Array| {
            lists(&call, a, &b, LIMITS.nesting).map(|equal| !equal)
        })
        .register_fn("==", |call: Call<'_>, a: &mut Map, b: Map| {
            maps(&call, a, &b, LIMITS.nesting)
        })
        .register_fn("!=", |call: Call<'_>, a: &mut Map, b: Map| {
            maps(&call, a, &b, LIMITS.nesting).map(|equal| !equal)
        });
    for name in ["to_string", "to_debug"] {
        engine
            .register_fn(name, |call: Call<'_>, list: &mut Array| {
                list_text(&call, list, LIMITS.nesting)
            })
            .register_fn(name, |call: Call<'_>, map: &mut Map| {
                map_text(&call, map, LIMITS.nesting)
            });
    }
}

fn deeper(left: usize) -> Fallible<usize> {
    Ok(left
        .checked_sub(1)
        .ok_or_else(|| format!("it is nested deeper than {} levels", LIMITS.nesting))?)
}

fn lists(call: &Call<'_>, a: &[Dynamic], b: &[Dynamic], left: usize) -> Fallible<bool> {
    let left = deeper(left)?;
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b) {
        if !equal(call, a, b, left)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps(call: &Call<'_>, a: &Map, b: &Map, left: usize) -> Fallible<bool> {
    let left = deeper(left)?;
    if a.len() != b.len() {
        return Ok(false);
    }
    for ((name, a), (other, b)) in a.iter().zip(b) {
        if name != other || !equal(call, a, b, left)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal(call: &Call<'_>, a: &Dynamic, b: &Dynamic, left: usize) -> Fallible<bool> {
    if let (Some(a), Some(b)) = (a.read_lock::<Array>(), b.read_lock::<Array>()) {
        return lists(call, &a, &b, left);
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Map>(), b.read_lock::<Map>()) {
        return maps(call, &a, &b, left);
    }
    call.call_native_fn("==", (a.clone(), b.clone()))
}

/// Deeper than the limit there are dots: a text for people loses nothing by it.
fn list_text(call: &Call<'_>, list: &[Dynamic], left: usize) -> String {
    let Some(left) = left.checked_sub(1) else {
        return "[…]".to_owned();
    };
    let items: Vec<String> = list.iter().map(|item| text(call, item, left)).collect();
    format!("[{}]", items.join(", "))
}

fn map_text(call: &Call<'_>, map: &Map, left: usize) -> String {
    let Some(left) = left.checked_sub(1) else {
        return "#{…}".to_owned();
    };
    let entries: Vec<String> = map
        .iter()
        .map(|(name, item)| format!("{name}: {}", text(call, item, left)))
        .collect();
    format!("#{{{}}}", entries.join(", "))
}

fn text(call: &Call<'_>, item: &Dynamic, left: usize) -> String {
    if let Some(list) = item.read_lock::<Array>() {
        return list_text(call, &list, left);
    }
    if let Some(map) = item.read_lock::<Map>() {
        return map_text(call, &map, left);
    }
    if let Some(text) = item.read_lock::<ImmutableString>() {
        return format!("\"{}\"", text.as_str());
    }
    call.call_native_fn::<ImmutableString>("to_string", (item.clone(),))
        .map_or_else(|_| item.type_name().to_owned(), |text| text.to_string())
}
