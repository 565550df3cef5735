//! What `synth` and `eval` search with: the neural model and the ranker named on the command line, else those that are
//! part of the binary. Only a build with the feature `torch` has a neural model.

use super::Failure;
use crate::rank::Ranker;
use crate::search::meet::Order;
use crate::selfplay::order;
use crate::store::FileError;
use crate::synth::{Learned, Method, Networks};
use std::path::{Path, PathBuf};

#[cfg(not(feature = "torch"))]
use absent as imp;
#[cfg(feature = "torch")]
use present as imp;

use imp::{Learner, Network};

/// Which model to load.
#[derive(Clone, Debug, clap::Args)]
pub struct ModelArgs {
    /// The weights of a model of C or Karel, or of networks for x86 [default: those shipped with iocc]
    #[arg(id = "model", long = "model", value_name = "PATH")]
    path: Option<PathBuf>,
    /// The weights of the ranker, which chooses among what enumeration finds [default: those shipped with iocc]
    #[arg(long, value_name = "PATH")]
    ranker: Option<PathBuf>,
    /// The weights of the order in which beams take states of x86 [default: those shipped with iocc]
    #[arg(long, value_name = "PATH")]
    order: Option<PathBuf>,
}

/// The ranker's weights and their description that are part of the binary.
#[cfg(shipped_ranker)]
const RANKER: Option<(&[u8], &[u8])> = Some((
    include_bytes!("../../models/restricted-c-ranker.safetensors"),
    include_bytes!("../../models/restricted-c-ranker.json"),
));
#[cfg(not(shipped_ranker))]
const RANKER: Option<(&[u8], &[u8])> = None;

/// The same of the order of x86 states.
#[cfg(shipped_order)]
const ORDER: Option<(&[u8], &[u8])> =
    Some((include_bytes!("../../models/x86-order.safetensors"), include_bytes!("../../models/x86-order.json")));
#[cfg(not(shipped_order))]
const ORDER: Option<(&[u8], &[u8])> = None;

/// What was loaded.
#[derive(Default)]
pub struct Loaded {
    network: Option<Network>,
    karel: Option<Network>,
    ranker: Option<Ranker>,
    order: Option<Order>,
    learner: Option<Learner>,
}

impl Loaded {
    /// As synthesis takes it.
    pub fn learned(&self) -> Learned<'_> {
        Learned {
            model: self.network.as_ref().map(Network::model),
            karel: self.karel.as_ref().map(Network::model),
            ranker: self.ranker.as_ref(),
            x86: self.learner.as_ref().map(imp::networks),
            order: self.order.as_ref(),
        }
    }
}

impl ModelArgs {
    /// These weights, or those shipped.
    pub fn new(path: Option<PathBuf>, ranker: Option<PathBuf>, order: Option<PathBuf>) -> Self {
        Self { path, ranker, order }
    }

    /// Loads what one of the methods uses, as far as it is there. The thread that calls this keeps libtorch to itself:
    /// tasks are spread over the cores, not the work on one.
    pub fn load(&self, methods: &[Method]) -> Result<Loaded, Failure> {
        let by_default = methods.contains(&Method::Default);
        let ranker = if by_default { self.load_ranker()? } else { None };
        let order = if by_default { self.load_order()? } else { None };
        let neural = methods.iter().any(|method| matches!(method, Method::Default | Method::Model));
        let [network, karel] = if neural { self.load_networks()? } else { [None, None] };
        let learner = if methods.contains(&Method::Model) { self.load_learner()? } else { None };
        Ok(Loaded { network, karel, ranker, order, learner })
    }

    fn load_ranker(&self) -> Result<Option<Ranker>, Failure> {
        loaded(self.ranker.as_deref(), RANKER, "ranker", Ranker::load, Ranker::from_bytes)
    }

    fn load_order(&self) -> Result<Option<Order>, Failure> {
        let found = loaded(self.order.as_deref(), ORDER, "order of x86 states", order::load, order::from_bytes)?;
        Ok(found.map(|(order, _)| order))
    }
}

/// What lies at a path, else what is part of the binary, if anything is.
fn loaded<T>(
    path: Option<&Path>,
    shipped: Option<(&[u8], &[u8])>,
    what: &str,
    load: impl Fn(&Path) -> Result<T, FileError>,
    from_bytes: impl Fn(&[u8], &[u8]) -> Result<T, FileError>,
) -> Result<Option<T>, Failure> {
    if let Some(path) = path {
        return Ok(Some(load(path)?));
    }
    let read = |(weights, description): (&[u8], &[u8])| from_bytes(weights, description);
    shipped.map(read).transpose().map_err(|error| Failure::new(format!("the shipped {what}: {error}")))
}

/// Without libtorch there is no model.
#[cfg(not(feature = "torch"))]
mod absent {
    use super::*;
    use crate::synth::Model;

    const HELP: &str = "build it with `cargo build --release --features torch` and libtorch (`make libtorch`)";

    /// A loaded model; there is none.
    pub enum Network {}

    impl Network {
        /// As synthesis takes it.
        pub fn model(&self) -> Model<'_> {
            match *self {}
        }
    }

    /// Loaded networks for x86; there are none.
    pub enum Learner {}

    /// As synthesis takes them.
    pub fn networks(learner: &Learner) -> Networks<'_> {
        match *learner {}
    }

    impl ModelArgs {
        /// Tells where a method cannot run in this build.
        pub fn check(&self, methods: &[Method]) -> Result<(), Failure> {
            if methods.contains(&Method::Model) {
                let message = "the method `model` needs the feature `torch`, and this iocc was built without it";
                return Err(Failure::new(message).help(HELP));
            }
            match &self.path {
                Some(path) => {
                    let what = "this iocc was built without the feature `torch` and reads no models";
                    Err(Failure::new(format!("{}: {what}", path.display())).help(HELP))
                }
                None => Ok(()),
            }
        }

        /// There is none to load.
        pub(super) fn load_networks(&self) -> Result<[Option<Network>; 2], Failure> {
            Ok([None, None])
        }

        /// There are none to load.
        pub(super) fn load_learner(&self) -> Result<Option<Learner>, Failure> {
            Ok(None)
        }
    }
}

/// With libtorch: the weights named, else those shipped.
#[cfg(feature = "torch")]
mod present {
    use super::*;
    pub use crate::selfplay::Learner;
    pub use crate::synth::Network;

    /// The weights and their description that are part of the binary.
    #[cfg(shipped_model)]
    const SHIPPED: Option<(&[u8], &[u8])> = Some((
        include_bytes!("../../models/restricted-c-robustfill.safetensors"),
        include_bytes!("../../models/restricted-c-robustfill.json"),
    ));
    #[cfg(not(shipped_model))]
    const SHIPPED: Option<(&[u8], &[u8])> = None;

    /// The same of the model of Karel.
    #[cfg(shipped_karel)]
    const SHIPPED_KAREL: Option<(&[u8], &[u8])> =
        Some((include_bytes!("../../models/karel.safetensors"), include_bytes!("../../models/karel.json")));
    #[cfg(not(shipped_karel))]
    const SHIPPED_KAREL: Option<(&[u8], &[u8])> = None;

    /// The same of the networks for x86.
    #[cfg(shipped_autoassemblet)]
    const SHIPPED_X86: Option<(&[u8], &[u8])> = Some((
        include_bytes!("../../models/autoassemblet.safetensors"),
        include_bytes!("../../models/autoassemblet.json"),
    ));
    #[cfg(not(shipped_autoassemblet))]
    const SHIPPED_X86: Option<(&[u8], &[u8])> = None;

    /// Networks for x86, as synthesis takes them.
    pub fn networks(learner: &Learner) -> Networks<'_> {
        Networks { advisor: learner, settings: learner.config().settings() }
    }

    impl ModelArgs {
        /// Tells where a method cannot run in this build.
        pub fn check(&self, methods: &[Method]) -> Result<(), Failure> {
            let none = SHIPPED.is_none() && SHIPPED_KAREL.is_none() && SHIPPED_X86.is_none();
            if methods.contains(&Method::Model) && self.path.is_none() && none {
                let message = "the method `model` needs weights, and this iocc was built without any";
                return Err(Failure::new(message).help("name some with --model PATH, or train some with `iocc train`"));
            }
            Ok(())
        }

        /// Loads the weights named, else those shipped, for C and for Karel.
        pub(super) fn load_networks(&self) -> Result<[Option<Network>; 2], Failure> {
            if let Some(path) = self.path.as_ref().filter(|path| !Learner::is_one(path)) {
                let network = Network::load(path)?;
                let is_karel = network.language() == "karel";
                return Ok(if is_karel { [None, Some(network)] } else { [Some(network), None] });
            }
            let shipped = |weights, what: &str| loaded(None, weights, what, Network::load, Network::from_bytes);
            Ok([shipped(SHIPPED, "model")?, shipped(SHIPPED_KAREL, "model of Karel")?])
        }

        /// Loads the networks for x86 that are named, else those shipped.
        pub(super) fn load_learner(&self) -> Result<Option<Learner>, Failure> {
            tch::set_num_threads(1);
            let path = self.path.as_deref().filter(|path| Learner::is_one(path));
            loaded(path, SHIPPED_X86, "networks for x86", Learner::load, Learner::from_bytes)
        }
    }
}
