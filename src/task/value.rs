//! A value of a task file with the place where it stands: one tree for TOML and JSON, so that both are read by the
//! same code.

use crate::diagnostic::Span;
use toml::de::DeValue;

/// A value and where it stands (in JSONL: the whole line).
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub span: Span,
    pub kind: Kind,
}

/// The values that task files are made of.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Integer(i64),
    /// A number that is no i64, as it was written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Field>),
    Boolean(bool),
    /// A value that no field takes: what it is.
    Other(&'static str),
}

/// An entry of a table.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: String,
    pub span: Span,
    pub value: Node,
}

impl Node {
    /// What it is, for "expected a list, found ...".
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Integer(value) => format!("the integer {value}"),
            Kind::Number(text) => format!("the number {text}"),
            Kind::Text(_) => "a string".into(),
            Kind::List(_) => "a list".into(),
            Kind::Table(_) => "a table".into(),
            Kind::Boolean(_) => "a boolean".into(),
            Kind::Other(what) => (*what).into(),
        }
    }

    /// The field of that name, where this is a table.
    pub fn field(&self, name: &str) -> Option<&Field> {
        match &self.kind {
            Kind::Table(fields) => fields.iter().find(|field| field.name == name),
            _ => None,
        }
    }

    /// A TOML value.
    pub fn from_toml(value: &DeValue<'_>, range: std::ops::Range<usize>) -> Self {
        let kind = match value {
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
                .map_or_else(|_| Kind::Number(digits.to_string()), Kind::Integer),
            DeValue::Float(digits) => Kind::Number(digits.to_string()),
            DeValue::String(text) => Kind::Text(text.to_string()),
            DeValue::Array(items) => {
                Kind::List(items.iter().map(|item| Self::from_toml(item.get_ref(), item.span())).collect())
            }
            DeValue::Table(table) => Kind::Table(fields(table)),
            DeValue::Boolean(value) => Kind::Boolean(*value),
            DeValue::Datetime(_) => Kind::Other("a date"),
        };
        Self { span: Span::new(range.start, range.end), kind }
    }

    /// A JSON value that stands somewhere within `span`.
    pub fn from_json(value: &serde_json::Value, span: Span) -> Self {
        use serde_json::Value;
        let kind = match value {
            Value::Number(number) => match number.as_i64() {
                Some(value) => Kind::Integer(value),
                None => Kind::Number(number.to_string()),
            },
            Value::String(text) => Kind::Text(text.clone()),
            Value::Array(items) => Kind::List(items.iter().map(|item| Self::from_json(item, span)).collect()),
            Value::Object(map) => Kind::Table(
                // A field that is null is a field that is absent.
                map.iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(name, value)| Field { name: name.clone(), span, value: Self::from_json(value, span) })
                    .collect(),
            ),
            Value::Bool(value) => Kind::Boolean(*value),
            Value::Null => Kind::Other("null"),
        };
        Self { span, kind }
    }
}

/// The fields of a TOML table in the order of the file.
pub(super) fn fields(table: &toml::de::DeTable<'_>) -> Vec<Field> {
    let mut fields: Vec<Field> = table
        .iter()
        .map(|(name, value)| Field {
            name: name.get_ref().to_string(),
            span: Span::new(name.span().start, name.span().end),
            value: Node::from_toml(value.get_ref(), value.span()),
        })
        .collect();
    fields.sort_by_key(|field| field.span.start);
    fields
}
