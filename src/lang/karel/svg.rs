//! Worlds and runs as SVG: a world is a grid with walls, counted markers and the hero; a run is its worlds in rows, each
//! under what was done.

use super::world::{Cell, Direction, World};
use std::fmt::Write as _;

/// The side of a cell.
const CELL: usize = 20;
/// Space around a world, and the height of its caption.
const MARGIN: usize = 10;
const CAPTION: usize = 16;
/// Worlds beside each other in the picture of a run.
const ACROSS: usize = 6;

/// A picture of a world.
pub fn world(world: &World) -> String {
    run(&[(String::new(), world.clone())])
}

/// A picture of a run: each world with its caption.
pub fn run(steps: &[(String, World)]) -> String {
    let largest = |side: fn(&World) -> usize| steps.iter().map(|(_, world)| side(world)).max().unwrap_or(0) * CELL;
    let captions = if steps.iter().all(|(caption, _)| caption.is_empty()) { 0 } else { CAPTION };
    let (wide, high) = (largest(World::cols) + 2 * MARGIN, largest(World::rows) + 2 * MARGIN + captions);
    let (across, down) = (steps.len().min(ACROSS), steps.len().div_ceil(ACROSS));
    let (width, height) = (across * wide, down * high);
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="monospace" font-size="11">"##
    );
    let _ = writeln!(out, r##"<rect width="{width}" height="{height}" fill="#ffffff"/>"##);
    for (number, (caption, world)) in steps.iter().enumerate() {
        let (x, y) = (number % ACROSS * wide + MARGIN, number / ACROSS * high + MARGIN);
        if captions > 0 {
            let _ = writeln!(out, r##"<text x="{x}" y="{}">{}</text>"##, y + 11, escaped(caption));
        }
        draw(world, x, y + captions, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// Draws a world with its top left corner at a place.
fn draw(world: &World, left: usize, top: usize, out: &mut String) {
    let _ = writeln!(out, r##"<g transform="translate({left} {top})">"##);
    let (width, height) = (world.cols() * CELL, world.rows() * CELL);
    let _ = writeln!(
        out,
        r##"<rect width="{width}" height="{height}" fill="#f6f4ee" stroke="#333333" stroke-width="2"/>"##
    );
    let hero = world.hero();
    for (row, col, cell) in world.cells() {
        let (x, y) = (col * CELL, (world.rows() - 1 - row) * CELL);
        let (middle_x, middle_y) = (x + CELL / 2, y + CELL / 2);
        match cell {
            Cell::Wall => {
                let _ = writeln!(out, r##"<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="#555555"/>"##);
            }
            Cell::Markers(count) => {
                let _ = writeln!(
                    out,
                    r##"<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="none" stroke="#cccccc"/>"##
                );
                if count > 0 {
                    let _ = writeln!(out, r##"<circle cx="{middle_x}" cy="{middle_y}" r="8" fill="#f0b429"/>"##);
                }
                if (row, col) == (hero.row, hero.col) {
                    let turn = 90 * hero.facing as usize;
                    let _ = writeln!(
                        out,
                        r##"<path d="M0 -8L6 7L0 3L-6 7Z" fill="#2463a5" transform="translate({middle_x} {middle_y}) rotate({turn})"/>"##
                    );
                }
                if count > 0 {
                    let _ = writeln!(
                        out,
                        r##"<text x="{middle_x}" y="{}" text-anchor="middle">{count}</text>"##,
                        middle_y + 4
                    );
                }
            }
        }
    }
    out.push_str("</g>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

// The hero's turn is its direction's number, clockwise from the north.
const _: () = assert!(Direction::North as usize == 0 && Direction::East as usize == 1 && Direction::West as usize == 3);
