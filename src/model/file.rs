//! libtorch's tensors in safetensors files.

use crate::store::{self, Dtype, FileError, Raw};
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// The kinds of numbers that are read and written.
const KINDS: [(Dtype, Kind, usize); 3] =
    [(Dtype::F32, Kind::Float, 4), (Dtype::F16, Kind::Half, 2), (Dtype::I64, Kind::Int64, 8)];

/// A whole file with these tensors, each in `kind` if one is given.
pub fn encode<'a>(tensors: impl Iterator<Item = (&'a str, &'a Tensor)>, kind: Option<Kind>) -> Vec<u8> {
    let raw = |(path, tensor): (&str, &Tensor)| {
        let tensor = tensor.detach().to_kind(kind.unwrap_or(tensor.kind())).contiguous();
        let (kind, _, size) =
            KINDS.into_iter().find(|(_, known, _)| *known == tensor.kind()).expect("we write only kinds of the table");
        let mut bytes = vec![0; tensor.numel() * size];
        tensor.copy_data_u8(&mut bytes, tensor.numel());
        Raw { name: path.to_owned(), kind, shape: tensor.size().iter().map(|one| *one as usize).collect(), bytes }
    };
    store::encode(&tensors.map(raw).collect::<Vec<_>>())
}

/// The tensors of a whole file.
pub fn decode(file: &[u8]) -> Result<BTreeMap<String, Tensor>, FileError> {
    let tensor = |raw: Raw| {
        let Some((_, kind, _)) = KINDS.into_iter().find(|(known, _, _)| *known == raw.kind) else {
            let message = format!("`{}` is of the kind {:?}, which is not supported", raw.name, raw.kind);
            return Err(FileError::new(message));
        };
        let shape: Vec<i64> = raw.shape.iter().map(|one| *one as i64).collect();
        let tensor = Tensor::f_from_data_size(&raw.bytes, &shape, kind)
            .map_err(|error| FileError::new(format!("`{}`: {error}", raw.name)))?;
        Ok((raw.name, tensor))
    };
    store::decode(file)?.into_iter().map(tensor).collect()
}
