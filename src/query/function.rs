//! The functions that SQL gets: what [`super::programs`] knows of one program, for whole Arrow arrays.
//!
//! A missing argument gives a missing result. Rows are shared among rayon's threads, whose stacks are large enough for
//! the parser; none of DataFusion's threads are.

use super::programs::{self, Ran, Runner};
use crate::task::Language;
use arrow_array::builder::{BooleanBuilder, Int32Builder, StringBuilder, StructBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::{DataType, Field, Fields};
use datafusion::common::{DataFusionError, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use rayon::prelude::*;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// Rows that a thread takes at once.
const GRAIN: usize = 32;

/// All functions, as every role of a cluster must register them.
pub fn functions() -> Vec<ScalarUDF> {
    [Kind::Execute, Kind::Parses, Kind::Length, Kind::Equivalent, Kind::BehaviourHash]
        .into_iter()
        .map(|kind| {
            let signature = Signature::user_defined(Volatility::Immutable);
            ScalarUDF::from(Function { kind, signature, aliases: kind.aliases() })
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Execute,
    Parses,
    Length,
    Equivalent,
    BehaviourHash,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    kind: Kind,
    signature: Signature,
    aliases: Vec<String>,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Parses => "parses",
            Self::Length => "length",
            Self::Equivalent => "equivalent",
            Self::BehaviourHash => "behaviour_hash",
        }
    }

    /// Its other names. DataFusion has a `length` already, as another name of `character_length`; whoever keeps a name of
    /// it may get it back under all of them when a session is made of another, so ours takes them all.
    fn aliases(self) -> Vec<String> {
        match self {
            Self::Length => ["character_length", "char_length"].map(str::to_owned).to_vec(),
            _ => Vec::new(),
        }
    }

    /// How it is called.
    fn usage(self) -> &'static str {
        match self {
            Self::Execute => "execute(language, program, input)",
            Self::Parses => "parses(language, program)",
            Self::Length => "length(language, program), or length(text)",
            Self::Equivalent => "equivalent(program, program), or equivalent(language, program, program)",
            Self::BehaviourHash => "behaviour_hash(language, program)",
        }
    }

    /// The numbers of arguments that it may have.
    fn arguments(self) -> &'static [usize] {
        match self {
            Self::Execute => &[3],
            Self::Parses | Self::BehaviourHash => &[2],
            Self::Length => &[1, 2],
            Self::Equivalent => &[2, 3],
        }
    }

    fn result(self) -> DataType {
        match self {
            Self::Execute => DataType::Struct(outcome()),
            Self::Parses | Self::Equivalent => DataType::Boolean,
            Self::Length => DataType::Int32,
            Self::BehaviourHash => DataType::UInt64,
        }
    }
}

/// The fields of what `execute` gives.
fn outcome() -> Fields {
    static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let fuel = Field::new("fuel", DataType::UInt64, true);
        Fields::from(vec![text("outcome"), text("trap"), fuel, text("output"), text("message")])
    });
    FIELDS.clone()
}

/// Lists of numbers, the inputs of C's default signature.
fn numbers() -> DataType {
    DataType::List(Arc::new(Field::new("element", DataType::Int32, true)))
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(self.kind.result())
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        let kind = self.kind;
        if !kind.arguments().contains(&given.len()) {
            return plan_err!("`{}` has {} arguments here; it is {}", kind.name(), given.len(), kind.usage());
        }
        let coerced = given.iter().enumerate().map(|(at, ty)| match ty {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Ok(DataType::Utf8),
            DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)
                if kind == Kind::Execute && at == 2 =>
            {
                Ok(numbers())
            }
            other => plan_err!("argument {} of `{}` is {other}, not text; it is {}", at + 1, kind.name(), kind.usage()),
        });
        coerced.collect()
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let rows = call.number_rows;
        // Where all arguments are constants, one row is enough.
        let constant = call.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { rows };
        let arrays: Vec<ArrayRef> =
            call.args.iter().map(|argument| argument.to_array(rows)).collect::<Result<_, _>>()?;
        let result = self.kind.run(&arrays, rows)?;
        Ok(if constant {
            ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&result, 0)?)
        } else {
            ColumnarValue::Array(result)
        })
    }
}

impl Kind {
    /// The results of all rows.
    fn run(self, arguments: &[ArrayRef], rows: usize) -> Result<ArrayRef, DataFusionError> {
        let column = |at: usize| -> &StringArray { arguments[at].as_string() };
        let text = |at: usize, row: usize| column(at).is_valid(row).then(|| column(at).value(row));
        let language = |at: usize, row: usize| text(at, row).map(|name| known(self, name)).transpose();
        Ok(match self {
            Self::Execute => {
                let run = |runner: &mut Runner, row: usize| {
                    let (Some(language), Some(program)) = (language(0, row)?, text(1, row)) else { return Ok(None) };
                    Ok(match input(&arguments[2], row) {
                        None => None,
                        Some(Ok(input)) => Some(runner.run(language, program, &input)),
                        Some(Err(message)) => Some(Ran::rejected(message)),
                    })
                };
                outcomes(&each(rows, run)?)
            }
            Self::Parses => {
                let parses = |row| Ok(language(0, row)?.zip(text(1, row)).map(|(l, text)| programs::parses(l, text)));
                booleans(each(rows, |_: &mut (), row| parses(row))?)
            }
            Self::Length if arguments.len() == 1 => {
                let length = |_: &mut (), row| Ok(text(0, row).map(|text| text.chars().count() as i32));
                integers(each(rows, length)?)
            }
            Self::Length => {
                let length =
                    |row| Ok(language(0, row)?.zip(text(1, row)).map(|(l, text)| programs::length(l, text) as i32));
                integers(each(rows, |_: &mut (), row| length(row))?)
            }
            Self::Equivalent => {
                let before = arguments.len() - 2;
                let equivalent = |_: &mut (), row: usize| {
                    let language = if before == 0 { Some(Language::C) } else { language(0, row)? };
                    let (Some(language), Some(one), Some(other)) = (language, text(before, row), text(before + 1, row))
                    else {
                        return Ok(None);
                    };
                    Ok(programs::equivalent(language, one, other))
                };
                booleans(each(rows, equivalent)?)
            }
            Self::BehaviourHash => {
                let hash = |_: &mut (), row| {
                    Ok(language(0, row)?.zip(text(1, row)).and_then(|(l, text)| programs::behaviour(l, text)))
                };
                let mut builder = UInt64Builder::with_capacity(rows);
                each(rows, hash)?.into_iter().for_each(|value| builder.append_option(value));
                Arc::new(builder.finish())
            }
        })
    }
}

/// What `of` makes of each row, on rayon's threads.
fn each<S: Default, T: Send>(
    rows: usize,
    of: impl Fn(&mut S, usize) -> Result<Option<T>, DataFusionError> + Sync,
) -> Result<Vec<Option<T>>, DataFusionError> {
    (0..rows).into_par_iter().with_min_len(GRAIN).map_init(S::default, &of).collect()
}

/// The language of a name. A name that is none is the question's mistake, not the program's.
fn known(kind: Kind, name: &str) -> Result<Language, DataFusionError> {
    programs::language(name).ok_or_else(|| {
        DataFusionError::Execution(format!("`{}`: `{name}` is no language; there are c, x86 and karel", kind.name()))
    })
}

/// An input: a list of numbers, or JSON as `iocc run --input` takes it; `None` where it is missing.
fn input(column: &ArrayRef, row: usize) -> Option<Result<Value, String>> {
    if column.is_null(row) {
        return None;
    }
    if let Some(lists) = column.as_list_opt::<i32>() {
        let numbers = lists.value(row);
        let numbers = numbers.as_primitive::<Int32Type>();
        return Some(Ok(numbers.iter().map(Value::from).collect()));
    }
    let text = column.as_string::<i32>().value(row);
    // A world of Karel may be a grid, which is no JSON.
    Some(serde_json::from_str(text).or_else(|error| {
        let is_grid = text.contains(['<', '>', '^', 'v']) && !text.contains(['{', '"']);
        if is_grid { Ok(Value::from(text)) } else { Err(format!("the input is no JSON: {error}")) }
    }))
}

fn outcomes(rows: &[Option<Ran>]) -> ArrayRef {
    let mut builder = StructBuilder::from_fields(outcome(), rows.len());
    for row in rows {
        let ran = row.as_ref();
        let texts = [
            (0, ran.map(|ran| ran.outcome)),
            (1, ran.and_then(|ran| ran.trap)),
            (3, ran.and_then(|ran| ran.output.as_deref())),
            (4, ran.and_then(|ran| ran.message.as_deref())),
        ];
        for (field, text) in texts {
            builder.field_builder::<StringBuilder>(field).expect("a field of text").append_option(text);
        }
        let fuel = builder.field_builder::<UInt64Builder>(2).expect("a field of numbers");
        fuel.append_option(ran.map(|ran| ran.fuel));
        builder.append(ran.is_some());
    }
    Arc::new(builder.finish())
}

fn booleans(values: Vec<Option<bool>>) -> ArrayRef {
    let mut builder = BooleanBuilder::with_capacity(values.len());
    values.into_iter().for_each(|value| builder.append_option(value));
    Arc::new(builder.finish())
}

fn integers(values: Vec<Option<i32>>) -> ArrayRef {
    let mut builder = Int32Builder::with_capacity(values.len());
    values.into_iter().for_each(|value| builder.append_option(value));
    Arc::new(builder.finish())
}
