//! Diagnostics as text, in rustc's look.

use super::{Diagnostic, LineIndex, Severity, Source};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// More messages than this are only counted.
const SHOWN: usize = 50;

/// Renders messages about one source, each followed by an empty line; the last line counts those left out.
pub fn render(diagnostics: &[Diagnostic], source: &Source, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let lines = LineIndex::new(&source.text);
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN) {
        out.push_str(renderer.render(&[group(diagnostic, source, &lines)]).trim_end());
        out.push_str("\n\n");
    }
    if let Some(more @ 1..) = diagnostics.len().checked_sub(SHOWN) {
        out.push_str(&format!("... and {more} more\n\n"));
    }
    out
}

fn group<'a>(diagnostic: &'a Diagnostic, source: &'a Source, lines: &LineIndex) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&diagnostic.message).id(diagnostic.code.to_string()));
    group = if diagnostic.labels.is_empty() {
        group.element(Origin::path(&source.name))
    } else {
        group.element(snippet(diagnostic, source, lines))
    };
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    group
}

/// The lines that the labels speak of; the renderer need not see the rest of a large file.
fn snippet<'a>(diagnostic: &'a Diagnostic, source: &'a Source, lines: &LineIndex) -> Snippet<'a, Annotation<'a>> {
    let text = &source.text;
    let clamp = |offset: u32| {
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let spans = || diagnostic.labels.iter().map(|label| clamp(label.span.start)..clamp(label.span.end));
    let first = lines.line(spans().map(|span| span.start).min().unwrap_or(0) as u32);
    let last = lines.line(spans().map(|span| span.end.max(span.start)).max().unwrap_or(0) as u32);
    let window = lines.line_range(text, first).start..lines.line_range(text, last).end;
    let shift = window.start;
    let annotations = spans().zip(&diagnostic.labels).enumerate().map(|(number, (span, label))| {
        let kind = if number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(span.start - shift..span.end.max(span.start) - shift);
        if label.text.is_empty() { annotation } else { annotation.label(&label.text) }
    });
    Snippet::source(&text[window]).path(&source.name).line_start(first as usize).annotations(annotations)
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::diagnostic::{Diagnostic, Source, Span, codes};

    fn source() -> Source {
        Source { name: "x.c".into(), text: "int f()\n{\n    retürn y;\n}\n".into() }
    }

    #[test]
    fn a_message_shows_code_place_labels_notes_and_help() {
        let y = Span::new(22, 23);
        assert_eq!(&source().text[22..23], "y");
        let diagnostic = Diagnostic::error(codes::UNKNOWN_VARIABLE, y, "unknown variable `y`")
            .at("here")
            .label(Span::new(4, 5), "in this function")
            .note("a note")
            .help("some help");
        let text = render(&[diagnostic], &source(), false);
        let expected = "\
error[E0012]: unknown variable `y`
 --> x.c:3:12
  |
1 | int f()
  |     - in this function
2 | {
3 |     retürn y;
  |            ^ here
  |
  = note: a note
  = help: some help

";
        assert_eq!(text, expected);
    }

    #[test]
    fn odd_spans_and_many_messages_are_no_trouble() {
        let odd = [Span::new(99, 120), Span::new(18, 19), Span::new(26, 26), Span::new(3, 1), Span::new(0, 28)];
        for span in odd {
            let text = render(&[Diagnostic::error(codes::SYNTAX, span, "odd")], &source(), true);
            assert!(text.contains("odd"), "{text}");
        }
        let many = vec![Diagnostic::warning(codes::SYNTAX, Span::default(), "w"); 60];
        assert!(render(&many, &source(), false).ends_with("... and 10 more\n\n"));
        let nowhere = Diagnostic { labels: vec![], ..Diagnostic::error(codes::EMPTY, Span::default(), "nothing") };
        assert_eq!(render(&[nowhere], &source(), false), "error[E0008]: nothing\n--> x.c\n\n");
    }
}
