//! The integer types of C, as x86-64 with LP64 has them: sizes, ranks, promotion and the usual conversions.

use crate::ir;

/// An integer type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Integer {
    /// `_Bool`
    Bool,
    /// `char` and `signed char`: one type here, since both have a sign on x86-64.
    Char,
    /// `unsigned char`
    UnsignedChar,
    /// `short`
    Short,
    /// `unsigned short`
    UnsignedShort,
    /// `int`
    #[default]
    Int,
    /// `unsigned`
    Unsigned,
    /// `long`; `long long` too, which is as wide.
    Long,
    /// `unsigned long`
    UnsignedLong,
}

impl Integer {
    /// How the canonical text writes it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Bool => "_Bool",
            Self::Char => "char",
            Self::UnsignedChar => "unsigned char",
            Self::Short => "short",
            Self::UnsignedShort => "unsigned short",
            Self::Int => "int",
            Self::Unsigned => "unsigned",
            Self::Long => "long",
            Self::UnsignedLong => "unsigned long",
        }
    }

    /// The type that these words name in any order, `const` and `static` aside.
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let (mut signed, mut unsigned, mut long) = (0, 0, 0);
        let mut base = None;
        for word in words {
            match word {
                "signed" => signed += 1,
                "unsigned" => unsigned += 1,
                "long" => long += 1,
                // `short int` in either order.
                "int" if base == Some("short") => {}
                "short" if base == Some("int") => base = Some("short"),
                _ if base.is_some() => return None,
                _ => base = Some(word),
            }
        }
        if signed + unsigned > 1 || long > 2 || (signed + unsigned + long == 0 && base.is_none()) {
            return None;
        }
        Some(match (base, long, unsigned) {
            (Some("_Bool"), 0, 0) if signed == 0 => Self::Bool,
            (Some("char"), 0, 0) => Self::Char,
            (Some("char"), 0, _) => Self::UnsignedChar,
            (Some("short"), 0, 0) => Self::Short,
            (Some("short"), 0, _) => Self::UnsignedShort,
            (None | Some("int"), 0, 0) => Self::Int,
            (None | Some("int"), 0, _) => Self::Unsigned,
            (None | Some("int"), _, 0) => Self::Long,
            (None | Some("int"), _, _) => Self::UnsignedLong,
            _ => return None,
        })
    }

    /// Bytes.
    pub fn size(self) -> u32 {
        match self {
            Self::Bool | Self::Char | Self::UnsignedChar => 1,
            Self::Short | Self::UnsignedShort => 2,
            Self::Int | Self::Unsigned => 4,
            Self::Long | Self::UnsignedLong => 8,
        }
    }

    /// Whether it has negative values.
    pub fn is_signed(self) -> bool {
        matches!(self, Self::Char | Self::Short | Self::Int | Self::Long)
    }

    /// Integer promotion: what is narrower than `int` becomes `int`, which holds all its values.
    pub fn promoted(self) -> Self {
        if self.size() < 4 { Self::Int } else { self }
    }

    /// The usual arithmetic conversions of C11 6.3.1.8; with LP64 the wider type holds all values of the narrower,
    /// so that the later one in the order of this enumeration wins.
    pub fn common(self, other: Self) -> Self {
        self.promoted().max(other.promoted())
    }

    /// A value converted to this type: the low bits, or the truth of it.
    pub fn wrap(self, value: i64) -> i64 {
        match self {
            Self::Bool => i64::from(value != 0),
            Self::Char => i64::from(value as i8),
            Self::UnsignedChar => i64::from(value as u8),
            Self::Short => i64::from(value as i16),
            Self::UnsignedShort => i64::from(value as u16),
            Self::Int => i64::from(value as i32),
            Self::Unsigned => i64::from(value as u32),
            Self::Long | Self::UnsignedLong => value,
        }
    }

    /// A value of this type as engines hold it: the low bits, sign-extended.
    pub fn in_register(self, value: i64) -> i64 {
        let unused = 64 - 8 * self.size();
        (self.wrap(value) << unused) >> unused
    }

    /// The type that holds it in the IR.
    pub fn lowered(self) -> ir::Type {
        match self.size() {
            1 => ir::Type::I8,
            2 => ir::Type::I16,
            4 => ir::Type::I32,
            _ => ir::Type::I64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_types() {
        let named = |text: &str| Integer::from_words(text.split(' '));
        assert_eq!(named("unsigned"), Some(Integer::Unsigned));
        assert_eq!(named("long unsigned int long"), Some(Integer::UnsignedLong));
        assert_eq!(named("int short"), Some(Integer::Short));
        assert_eq!(named("signed char"), Some(Integer::Char));
        for wrong in
            ["signed unsigned", "long char", "long long long", "char int", "short long", "unsigned _Bool", "int int"]
        {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn conversions_follow_c11() {
        use Integer::*;
        assert_eq!(Char.common(UnsignedShort), Int);
        assert_eq!(Int.common(Unsigned), Unsigned);
        assert_eq!(Unsigned.common(Long), Long);
        assert_eq!(Long.common(UnsignedLong), UnsignedLong);
        assert_eq!((Char.wrap(200), UnsignedChar.wrap(-1), Bool.wrap(256)), (-56, 255, 1));
    }
}
