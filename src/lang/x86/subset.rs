//! Which of the processor's instructions are in the subset, and how they are called.

use iced_x86::{Code, Mnemonic, Register};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The instructions of the subset, but for those that come with every condition.
const PLAIN: &[Mnemonic] = {
    use Mnemonic::*;
    &[
        Adc, Add, And, Bt, Call, Cbw, Cdq, Cdqe, Cmp, Cqo, Cwd, Cwde, Dec, Div, Endbr64, Idiv, Imul, Inc, Jmp, Lea,
        Leave, Mov, Movsx, Movsxd, Movzx, Mul, Neg, Nop, Not, Or, Pop, Push, Ret, Rol, Ror, Sar, Sbb, Shl, Shr, Sub,
        Test, Xchg, Xor,
    ]
};

/// Instructions that move vectors, or their signs.
const MOVES: &[Mnemonic] = {
    use Mnemonic::*;
    &[Movaps, Movd, Movdqa, Movdqu, Movq, Movups, Pmovmskb]
};

/// Instructions that compute a vector.
const PACKED: &[Mnemonic] = {
    use Mnemonic::*;
    &[
        Andnps, Andps, Orps, Packssdw, Packsswb, Packuswb, Paddb, Paddd, Paddq, Paddw, Pand, Pandn, Pcmpeqb, Pcmpeqd,
        Pcmpeqw, Pcmpgtb, Pcmpgtd, Pcmpgtw, Pmaxsd, Pmaxsw, Pmaxub, Pminsd, Pminsw, Pminub, Pmulld, Pmullw, Pmuludq,
        Por, Pshufd, Pslld, Pslldq, Psllq, Psllw, Psrad, Psraw, Psrld, Psrldq, Psrlq, Psrlw, Psubb, Psubd, Psubq,
        Psubw, Punpckhbw, Punpckhdq, Punpckhqdq, Punpckhwd, Punpcklbw, Punpckldq, Punpcklqdq, Punpcklwd, Pxor, Shufps,
        Xorps,
    ]
};

/// Jumps, moves and sets, each on a condition.
const CONDITIONAL: &[Mnemonic] = {
    use Mnemonic::*;
    &[
        Ja, Jae, Jb, Jbe, Je, Jg, Jge, Jl, Jle, Jne, Jno, Jnp, Jns, Jo, Jp, Js, //
        Cmova, Cmovae, Cmovb, Cmovbe, Cmove, Cmovg, Cmovge, Cmovl, Cmovle, Cmovne, Cmovno, Cmovnp, Cmovns, Cmovo,
        Cmovp, Cmovs, //
        Seta, Setae, Setb, Setbe, Sete, Setg, Setge, Setl, Setle, Setne, Setno, Setnp, Setns, Seto, Setp, Sets,
    ]
};

/// String instructions by their words, the last letter of which is the width.
const STRINGS: [(&str, Code); 8] = [
    ("movsb", Code::Movsb_m8_m8),
    ("movsw", Code::Movsw_m16_m16),
    ("movsl", Code::Movsd_m32_m32),
    ("movsq", Code::Movsq_m64_m64),
    ("stosb", Code::Stosb_m8_AL),
    ("stosw", Code::Stosw_m16_AX),
    ("stosl", Code::Stosd_m32_EAX),
    ("stosq", Code::Stosq_m64_RAX),
];

/// The string instruction that a word is in either syntax.
pub fn string(word: &str) -> Option<Code> {
    let word = word.strip_suffix('d').map_or_else(|| word.to_owned(), |stem| format!("{stem}l"));
    STRINGS.iter().find(|(name, _)| *name == word).map(|(_, code)| *code)
}

/// AT&T's word for a string instruction of the subset.
pub fn string_word(code: Code) -> Option<&'static str> {
    STRINGS.iter().find(|(_, string)| *string == code).map(|(name, _)| *name)
}

/// All instructions of the subset but for those on strings.
pub fn mnemonics() -> impl Iterator<Item = Mnemonic> {
    PLAIN.iter().chain(MOVES).chain(PACKED).chain(CONDITIONAL).copied()
}

/// Whether an instruction is in the subset.
pub fn contains(mnemonic: Mnemonic) -> bool {
    MEMBERS[mnemonic as usize]
}

static MEMBERS: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut members = vec![false; Mnemonic::values().len()];
    mnemonics().for_each(|mnemonic| members[mnemonic as usize] = true);
    members
});

/// The condition's other names.
const CONDITIONS: [(&str, &str); 14] = [
    ("z", "e"),
    ("nz", "ne"),
    ("c", "b"),
    ("nae", "b"),
    ("nb", "ae"),
    ("nc", "ae"),
    ("na", "be"),
    ("nbe", "a"),
    ("nge", "l"),
    ("nl", "ge"),
    ("ng", "le"),
    ("nle", "g"),
    ("pe", "p"),
    ("po", "np"),
];

/// What a word means: an instruction, and the width of its operands in bits where the word tells (of `movzbl` the
/// source's, then the destination's).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The instruction.
    pub mnemonic: Mnemonic,
    /// The width of the operands; of the destination where it has one of its own.
    pub width: Option<u32>,
    /// The source's width.
    pub source: Option<u32>,
}

const SUFFIXES: [(&str, u32); 4] = [("b", 8), ("w", 16), ("l", 32), ("q", 64)];

/// AT&T's words for conversions, which are not the processor's with a suffix.
const CONVERSIONS: [(&str, Mnemonic, Option<u32>, Option<u32>); 17] = [
    ("cbtw", Mnemonic::Cbw, None, None),
    ("cwtl", Mnemonic::Cwde, None, None),
    ("cltq", Mnemonic::Cdqe, None, None),
    ("cwtd", Mnemonic::Cwd, None, None),
    ("cltd", Mnemonic::Cdq, None, None),
    ("cqto", Mnemonic::Cqo, None, None),
    ("movzbw", Mnemonic::Movzx, Some(16), Some(8)),
    ("movzbl", Mnemonic::Movzx, Some(32), Some(8)),
    ("movzbq", Mnemonic::Movzx, Some(64), Some(8)),
    ("movzwl", Mnemonic::Movzx, Some(32), Some(16)),
    ("movzwq", Mnemonic::Movzx, Some(64), Some(16)),
    ("movsbw", Mnemonic::Movsx, Some(16), Some(8)),
    ("movsbl", Mnemonic::Movsx, Some(32), Some(8)),
    ("movsbq", Mnemonic::Movsx, Some(64), Some(8)),
    ("movswq", Mnemonic::Movsx, Some(64), Some(16)),
    ("movswl", Mnemonic::Movsx, Some(32), Some(16)),
    ("movslq", Mnemonic::Movsxd, Some(64), Some(32)),
];

static WORDS: LazyLock<BTreeMap<String, Word>> = LazyLock::new(|| {
    let mut words = BTreeMap::new();
    let plain = |mnemonic| Word { mnemonic, width: None, source: None };
    for mnemonic in mnemonics() {
        let name = format!("{mnemonic:?}").to_lowercase();
        let mut names = vec![name.clone()];
        for (alias, condition) in CONDITIONS {
            let stem = ["cmov", "set", "j"].into_iter().find(|stem| name.strip_prefix(stem) == Some(condition));
            names.extend(stem.map(|stem| format!("{stem}{alias}")));
        }
        names.extend((name == "shl").then(|| "sal".to_owned()));
        let bare = mnemonic == Mnemonic::Endbr64 || MOVES.contains(&mnemonic) || PACKED.contains(&mnemonic);
        for name in names {
            if !bare {
                for (suffix, width) in SUFFIXES {
                    words.entry(format!("{name}{suffix}")).or_insert(Word { width: Some(width), ..plain(mnemonic) });
                }
            }
            words.insert(name, plain(mnemonic));
        }
    }
    for (name, mnemonic, width, source) in CONVERSIONS {
        words.insert(name.to_owned(), Word { mnemonic, width, source });
    }
    for name in ["movabs", "movabsq"] {
        words.insert(name.to_owned(), Word { width: Some(64), ..plain(Mnemonic::Mov) });
    }
    // In AT&T syntax a move of 64 bits; between vectors and general registers the operands tell.
    words.insert("movq".to_owned(), Word { width: Some(64), ..plain(Mnemonic::Mov) });
    words
});

/// What a mnemonic means.
pub fn word(text: &str) -> Option<Word> {
    WORDS.get(text).copied()
}

/// All mnemonics.
pub fn words() -> impl Iterator<Item = &'static str> {
    WORDS.keys().map(String::as_str)
}

static REGISTERS: LazyLock<BTreeMap<String, Register>> = LazyLock::new(|| {
    let known = |register: &Register| {
        register.is_gpr() || register.is_xmm() && register.number() < 8 || *register == Register::RIP
    };
    let named = |register: Register| (format!("{register:?}").to_lowercase(), register);
    let mut names: BTreeMap<String, Register> = Register::values().filter(known).map(named).collect();
    // iced calls the low bytes of r8 to r15 r8l.
    for number in 8..16 {
        if let Some(register) = names.get(&format!("r{number}l")).copied() {
            names.insert(format!("r{number}b"), register);
        }
    }
    names
});

/// The register of a name without `%`.
pub fn register(name: &str) -> Option<Register> {
    REGISTERS.get(name).copied()
}

/// The names of all registers.
pub fn registers() -> impl Iterator<Item = &'static str> {
    REGISTERS.keys().map(String::as_str)
}
