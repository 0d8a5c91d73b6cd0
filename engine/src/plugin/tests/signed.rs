//! Is a signature taken that fits, and none that does not? With files that minisign 0.11 made.

use super::*;
use crate::engine::Engine;
use crate::install::PluginSignature;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../../tests/fixtures/minisign/", $name))
    };
}

const FILE: &[u8] = fixture!("file.wasm");

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn key() -> Key {
    Key::parse(&text(fixture!("open.pub"))).unwrap()
}

fn section(name: &str, data: &[u8]) -> Vec<u8> {
    let section = wasm_encoder::CustomSection {
        name: name.into(),
        data: data.into(),
    };
    let mut bytes = vec![0];
    wasm_encoder::Encode::encode(&section, &mut bytes);
    bytes
}

fn signed(file: &[u8], signature: &[u8]) -> Vec<u8> {
    [file, &section("peyvand:signature", signature)].concat()
}

fn refused(file: &[u8]) -> String {
    origin(file, &[key()]).unwrap_err().to_string()
}

#[test]
fn a_signature_of_minisign_is_known_by_its_key() {
    let file = signed(FILE, fixture!("file.wasm.minisig"));
    let other = Key::parse(&text(fixture!("locked.pub"))).unwrap();
    let known = Origin::Known {
        place: 1,
        comment: "file 0.1.0 برای آزمون".to_owned(),
    };
    assert_eq!(origin(&file, &[other.clone(), key()]).unwrap(), known);
    let unknown = Origin::Unknown {
        key: "A0FCEE0B2A989FA0".to_owned(),
    };
    assert_eq!(origin(&file, &[other]).unwrap(), unknown);
    assert_eq!(key().id, "A0FCEE0B2A989FA0");
    assert_eq!(origin(FILE, &[key()]).unwrap(), Origin::Unsigned);
}

#[test]
fn no_byte_of_a_signed_file_can_be_changed() {
    let file = signed(FILE, fixture!("file.wasm.minisig"));
    let whole = origin(&file, &[key()]).unwrap();
    for place in 0..file.len() {
        let mut changed = file.clone();
        changed[place] ^= 1;
        // The comment that nobody signs may change, and says nothing; else it is refused, or is no signature at all.
        match origin(&changed, &[key()]) {
            Ok(found) if found == whole => assert!(
                file[FILE.len()..place].starts_with(&[0])
                    && !file[FILE.len()..place].contains(&b'\n'),
                "byte {place}"
            ),
            Ok(Origin::Known { .. }) => panic!("byte {place} was changed"),
            Ok(Origin::Unsigned | Origin::Unknown { .. }) | Err(_) => {}
        }
    }
    let mut body = file.clone();
    body[FILE.len() - 1] ^= 1;
    assert!(refused(&body).contains("not what was signed"));
}

#[test]
fn what_is_added_behind_a_signature_is_refused() {
    let file = signed(FILE, fixture!("file.wasm.minisig"));
    let more = [file.clone(), section("peyvand:manifest", b"id = 1")].concat();
    assert!(refused(&more).contains("added behind it"));
    assert!(refused(&signed(&file, fixture!("file.wasm.minisig"))).contains("added behind it"));
}

#[test]
fn a_signature_that_is_none_or_is_of_the_old_kind_is_refused() {
    assert!(refused(&signed(FILE, fixture!("legacy.minisig"))).contains("not prehashed"));
    for text in [
        &b""[..],
        b"\xff\xfe",
        b"untrusted comment: x\nRW\n",
        &[b'x'; 9 << 10],
    ] {
        assert!(refused(&signed(FILE, text)).contains("minisign's format"));
    }
    for text in ["", "RW", "untrusted comment: x\nRWnothing", "پیوند"] {
        assert!(Key::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_plugin_is_installed_when_its_key_is_trusted_or_somebody_vouches_for_it() {
    let session = Engine::in_memory().open().unwrap().session();
    let plain = computing(&patching(0, 0, 42));
    let install = |bytes: &[u8]| session.install_plugin(bytes, Json::Null);
    let error = install(&plain).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Plugin);
    assert!(error.to_string().contains("not signed"), "{error}");
    assert!(error.remedy().unwrap().contains("--unsigned"));
    // Signed, but not of these bytes: nobody can vouch for that once its key is trusted.
    let wrong = signed(&plain, fixture!("file.wasm.minisig"));
    assert!(
        install(&wrong)
            .unwrap_err()
            .to_string()
            .contains("A0FCEE0B2A989FA0, which is not")
    );
    let trusted = session
        .trust_key(&text(fixture!("open.pub")), "آزمایشگاه")
        .unwrap();
    assert_eq!(
        session.trusted_keys().unwrap(),
        std::slice::from_ref(&trusted)
    );
    for error in [
        install(&wrong).unwrap_err(),
        session
            .install_unsigned_plugin(&wrong, Json::Null)
            .unwrap_err(),
        session.engine().inspect_plugin(&wrong).unwrap_err(),
    ] {
        assert!(error.to_string().contains("not what was signed"), "{error}");
    }
    assert!(session.plugins().unwrap().is_empty());
    let info = session.install_unsigned_plugin(&plain, Json::Null).unwrap();
    assert_eq!(info.signature, PluginSignature::Unsigned);
    assert_eq!(session.distrust_key("a0fcee0b2a989fa0").unwrap(), trusted);
    let error = session.distrust_key("آزمایشگاه").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(session.trusted_keys().unwrap().is_empty());
}
