//! Is the command line what its help says?

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use clap::CommandFactory;

fn each(command: &clap::Command, path: &str, see: &mut dyn FnMut(&str, &clap::Command)) {
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        let path = format!("{path} {}", sub.get_name());
        see(&path, sub);
        each(sub, &path, see);
    }
}

#[test]
fn the_declaration_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_that_does_something_shows_an_example() {
    let mut seen = 0;
    each(&Cli::command(), "peyvand", &mut |path, command| {
        if command.get_subcommands().next().is_none() {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(help.contains(path), "{path}: {help}");
            seen += 1;
        }
    });
    assert!(seen > 25, "{seen} commands");
}

#[test]
fn dir_and_json_are_understood_before_and_after_the_command() {
    for line in [
        "peyvand --dir d --json plugin list",
        "peyvand plugin list --dir d --json",
    ] {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        assert_eq!(
            (cli.everywhere.dir, cli.everywhere.json),
            (Some(PathBuf::from("d")), true),
            "{line}"
        );
    }
}

#[test]
fn every_command_with_a_record_is_understood() {
    let id = "acc_00000000000000000000000000";
    for line in [
        vec!["create", "account", "{}"],
        vec!["update", id, "{}", "--revision", "3"],
        vec!["get", id],
        vec!["undelete", id],
    ] {
        for json in [false, true] {
            let words = ["peyvand"]
                .into_iter()
                .chain(line.iter().copied())
                .chain(json.then_some("--json"));
            assert_eq!(
                Cli::try_parse_from(words).unwrap().everywhere.json,
                json,
                "{line:?}"
            );
        }
    }
}

#[test]
fn a_restore_goes_up_to_a_moment_or_a_position_and_not_both() {
    let parsed = |line: &str| Cli::try_parse_from(line.split(' ')).map(|cli| cli.command);
    let noon = "2026-11-01T12:00:00Z";
    let Ok(Command::Restore(restore)) = parsed(&format!("peyvand restore b --until {noon}")) else {
        panic!("another command")
    };
    assert_eq!(restore.until, noon.parse().ok());
    assert!(parsed("peyvand restore b --until noon").is_err());
    assert!(parsed("peyvand restore b --until 2026-11-23").is_ok());
    assert!(parsed(&format!("peyvand restore b --position 7 --until {noon}")).is_err());
    assert!(parsed("peyvand restore b --position 7").is_ok());
}

#[test]
fn a_descending_sort_is_no_option() {
    let cli =
        Cli::try_parse_from(["peyvand", "query", "account", "--sort", "-amount,name"]).unwrap();
    let Command::Query(query) = cli.command else {
        panic!("another command")
    };
    assert_eq!(query.sort, "-amount,name");
}

#[test]
fn several_settings_may_follow_one_set() {
    for line in [
        "peyvand plugin install f --set a=1 b=2",
        "peyvand plugin install f --set a=1 --set b=2",
    ] {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Plugin(Plugin::Install { set, .. }) = cli.command else {
            panic!("another command")
        };
        assert_eq!(set, ["a=1", "b=2"], "{line}");
    }
}
