//! `--shard`: which part of the work is this process's, told by the user or by Slurm and Kubernetes.

use super::Failure;
use crate::corpus::Part;
use std::str::FromStr;

/// The value of `--shard`: `I/N`, `auto/N` or `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slice {
    /// This part.
    Part(Part),
    /// The number that the job array gives, of so many parts, or of as many as the array has.
    Auto(Option<u32>),
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto(None));
        }
        let (index, of) = text.split_once('/').ok_or_else(|| EXPECTED.to_owned())?;
        let of: u32 = of.parse().ok().filter(|of| *of > 0).ok_or_else(|| EXPECTED.to_owned())?;
        if index == "auto" {
            return Ok(Self::Auto(Some(of)));
        }
        let index = index.parse().map_err(|_| EXPECTED.to_owned())?;
        if index < of { Ok(Self::Part(Part { index, of })) } else { Err(beyond(of)) }
    }
}

const EXPECTED: &str = "expected two numbers such as 0/8, or auto/8, or auto";

fn beyond(of: u32) -> String {
    format!("parts of {of} are counted from 0 to {}", of - 1)
}

impl Slice {
    /// The part, with what the environment says.
    pub(super) fn part(self) -> Result<Part, Failure> {
        self.resolve(&|name| std::env::var(name).ok()).map_err(|(message, help)| {
            let failure = Failure::new(format!("--shard: {message}"));
            if help.is_empty() { failure } else { failure.help(help) }
        })
    }

    fn resolve(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Part, (String, &'static str)> {
        let of = match self {
            Self::Part(part) => return Ok(part),
            Self::Auto(of) => of,
        };
        let number = |name: &str| match variable(name) {
            None => Ok(None),
            Some(text) => text.trim().parse::<u32>().map(Some).map_err(|_| {
                (format!("{name} is `{text}`, which is no number from 0 on"), "number the array from 0: --array=0-7")
            }),
        };
        let (slurm, kubernetes) = (number("SLURM_ARRAY_TASK_ID")?, number("JOB_COMPLETION_INDEX")?);
        match (slurm, kubernetes, of) {
            (Some(_), Some(_), _) => {
                Err(("both SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX are set".to_owned(), "give the part as I/N"))
            }
            (None, None, _) => {
                let message = "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set".to_owned();
                Err((message, "give the part as I/N, or start this as a job array"))
            }
            (Some(index), None, Some(of)) | (None, Some(index), Some(of)) if index < of => Ok(Part { index, of }),
            (Some(index), None, Some(of)) | (None, Some(index), Some(of)) => {
                let message = format!("the array's number is {index}, and {}", beyond(of));
                Err((message, "number the array from 0: --array=0-7 for auto/8"))
            }
            (None, Some(_), None) => {
                let message = "Kubernetes does not tell a pod how many completions its job has".to_owned();
                Err((message, "give their number: --shard auto/N"))
            }
            (Some(id), None, None) => whole_array(id, &number),
        }
    }
}

type Number<'a> = &'a dyn Fn(&str) -> Result<Option<u32>, (String, &'static str)>;

/// The part of a Slurm array that is whole: every number of its range is there.
fn whole_array(id: u32, number: Number) -> Result<Part, (String, &'static str)> {
    const HELP: &str = "give the number of parts: --shard auto/N with an array numbered from 0";
    let get = |name: &str| number(name)?.ok_or_else(|| (format!("{name} is not set"), HELP));
    let (min, max) = (get("SLURM_ARRAY_TASK_MIN")?, get("SLURM_ARRAY_TASK_MAX")?);
    let (count, step) = (get("SLURM_ARRAY_TASK_COUNT")?, number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1));
    let index = id.checked_sub(min).filter(|ahead| ahead % step == 0).map(|ahead| ahead / step);
    match index {
        Some(index) if index < count && max.checked_sub(min).map(|range| range / step + 1) == Some(count) => {
            Ok(Part { index, of: count })
        }
        _ => Err((format!("the array has {count} tasks, not all of {min} to {max}, so parts cannot be told"), HELP)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str, variables: &[(&str, &str)]) -> Result<(u32, u32), String> {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let part = text.parse::<Slice>()?.resolve(&find).map_err(|(message, _)| message)?;
        Ok((part.index, part.of))
    }

    #[test]
    fn parts_are_told_by_the_user_or_the_array() {
        assert_eq!(part("2/8", &[("SLURM_ARRAY_TASK_ID", "5")]), Ok((2, 8)));
        assert_eq!(part("auto/8", &[("SLURM_ARRAY_TASK_ID", "5"), ("SLURM_ARRAY_TASK_COUNT", "1")]), Ok((5, 8)));
        assert_eq!(part("auto/8", &[("JOB_COMPLETION_INDEX", "0")]), Ok((0, 8)));
        let array = |id, min, max, count, step| {
            let names = ["ID", "MIN", "MAX", "COUNT", "STEP"].map(|name| format!("SLURM_ARRAY_TASK_{name}"));
            let values = [id, min, max, count, step];
            let variables: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(values).collect();
            part("auto", &variables)
        };
        assert_eq!(array("3", "0", "7", "8", "1"), Ok((3, 8)));
        assert_eq!(array("9", "1", "9", "5", "2"), Ok((4, 5)));
        // Two tasks of an array that are run again are not halves.
        assert!(array("7", "3", "7", "2", "1").unwrap_err().contains("not all of 3 to 7"));
    }

    #[test]
    fn mistakes_are_told() {
        for (text, variables, message) in [
            ("8/8", &[][..], "counted from 0 to 7"),
            ("1/0", &[], "expected two numbers"),
            ("one", &[], "expected two numbers"),
            ("auto", &[], "neither SLURM_ARRAY_TASK_ID nor"),
            (
                "auto/2",
                &[("SLURM_ARRAY_TASK_ID", "2")],
                "the array's number is 2, and parts of 2 are counted from 0 to 1",
            ),
            ("auto/2", &[("SLURM_ARRAY_TASK_ID", "x")], "is `x`, which is no number"),
            ("auto", &[("JOB_COMPLETION_INDEX", "2")], "how many completions"),
            ("auto/4", &[("JOB_COMPLETION_INDEX", "2"), ("SLURM_ARRAY_TASK_ID", "2")], "both"),
        ] {
            let told = part(text, variables).unwrap_err();
            assert!(told.contains(message), "{text}: {told}");
        }
    }
}
