"""LaSynth's row written straightforwardly in PyTorch, for comparison: the equations of the paper's section 3 in the
order in which it has them, token by token, as its released code runs.

    lasynth.py BATCHES.safetensors --steps 40 [--threads 2] [--by stretch]

The file has batches, first weights and the loss that these give for the first batch, as `cargo bench --bench train`
writes them. That loss must come out here too. Then each step is forward, backward, clip and Adam, and the tokens a
second are printed as JSON. `--by stretch` attends for all tokens between two runs of the executor at once.
"""

import argparse
import json
import struct
import time

import torch
from torch import nn
from torch.nn import functional as F

VALUES, LIMIT, BOUND, PAD = 33, 16, 4, 0
KEYS = 2 * BOUND + 1


def read_safetensors(path):
    kinds = {"F32": torch.float32, "I64": torch.int64}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        flat = torch.frombuffer(data[start:end], dtype=kinds[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


class Attention(nn.Module):
    """tanh(softmax(q k^T) k + q)"""

    def __init__(self, query, encoded, width):
        super().__init__()
        self.query = nn.Linear(query, width, bias=False)
        self.key = nn.Linear(encoded, width, bias=False)

    def forward(self, encoded, query, later=None):
        keys, query = self.key(encoded), self.query(query)
        scores = query @ keys.transpose(1, 2)
        if later is not None:
            scores = scores.masked_fill(later, float("-inf"))
        return torch.tanh(scores.softmax(-1) @ keys + query)


class LaSynth(nn.Module):
    def __init__(self, tokens, hidden, embedding, width, mlp, cells, rounds, every):
        super().__init__()
        self.every, self.hidden = every, hidden
        self.value = nn.Embedding(VALUES, embedding)
        self.input_position = nn.Parameter(torch.zeros(cells, embedding))
        self.output_position = nn.Parameter(torch.zeros(cells, embedding))
        lstm = lambda: nn.LSTM(embedding, hidden // 2, batch_first=True, bidirectional=True)
        self.input_lstm, self.output_lstm, self.executor_lstm = lstm(), lstm(), lstm()
        self.rounds = nn.ModuleList(Attention(hidden, hidden, hidden) for _ in range(rounds))
        self.operation_key = nn.Linear(embedding, KEYS, bias=False)
        self.operation_query = nn.Linear(embedding, embedding, bias=False)
        self.operation_row = nn.Parameter(torch.zeros(2 * KEYS, embedding))
        self.executor_value = nn.Linear(hidden, embedding, bias=False)
        self.token = nn.Embedding(tokens, embedding)
        self.decoder = nn.LSTMCell(embedding, hidden)
        self.attend_input = Attention(hidden, hidden, width)
        self.attend_output = Attention(hidden + width, hidden, width)
        self.attend_operation = Attention(2 * width, hidden, width)
        self.attend_token = Attention(3 * width, embedding, width)
        self.pooled = nn.Linear(width, mlp)
        self.logits = nn.Linear(mlp, tokens)
        keys = torch.arange(-BOUND, BOUND + 1)
        table = torch.cat([keys[:, None] + keys, keys[:, None] - keys])
        self.register_buffer("table", (table + LIMIT).flatten())

    def join(self, state):
        """Both directions side by side, as the decoder takes them over."""
        return state.transpose(0, 1).reshape(state.shape[1], self.hidden)

    def operations(self, inputs, wanted):
        keys = self.operation_key(inputs)
        fits = self.operation_query(wanted) @ self.value.weight.T
        results = fits[..., self.table].unflatten(-1, (2 * KEYS, KEYS))
        rows = (results * keys.softmax(-1).unsqueeze(2)).sum(-1).softmax(-1)
        return rows @ self.operation_row, keys

    def encode(self, inputs, wanted):
        read, between = self.input_lstm(inputs + self.input_position)
        outputs, last = self.output_lstm(wanted + self.output_position, between)
        for attention in self.rounds:
            outputs = attention(read, outputs)
        mixture, keys = self.operations(inputs, wanted)
        operations, _ = self.input_lstm(mixture + self.input_position)
        state = tuple(self.join(one + other) for one, other in zip(between, last))
        return (read, outputs, operations), state, keys

    def execute(self, inputs, hidden, cell):
        split = lambda state: state.unflatten(1, (2, self.hidden // 2)).transpose(0, 1).contiguous()
        cells, _ = self.executor_lstm(inputs + self.input_position, (split(hidden), split(cell)))
        known = self.value.weight[LIMIT - BOUND : LIMIT + BOUND + 1]
        logits = self.executor_value(cells) @ known.T
        return logits, logits.softmax(-1) @ known

    def forward(self, inputs, outputs, tokens, lengths, stride):
        batch, steps = tokens.shape
        each = inputs.shape[0] // batch
        inputs, wanted = self.value(inputs), self.value(outputs)
        parts, (hidden, cell), keys = self.encode(inputs, wanted)
        embedded = self.token(tokens)
        length = lengths.repeat_interleave(each).unsqueeze(1)
        said = []
        for start in range(0, steps, stride):
            end = min(start + stride, steps)
            if start > 0 and start % self.every == 0:
                _, after = self.execute(inputs, hidden, cell)
                inputs = torch.where((length > start).unsqueeze(2), after, inputs)
                parts, _, _ = self.encode(inputs, wanted)
            states = []
            for step in range(start, end):
                grown = self.decoder(embedded[:, step].repeat_interleave(each, 0), (hidden, cell))
                within = length > step
                hidden, cell = (torch.where(within, new, old) for new, old in zip(grown, (hidden, cell)))
                states.append(hidden)
            state = torch.stack(states, 1)
            found_input = self.attend_input(parts[0], state)
            found_output = self.attend_output(parts[1], torch.cat([state, found_input], -1))
            found_operation = self.attend_operation(parts[2], torch.cat([found_input, found_output], -1))
            found = torch.cat([found_input, found_output, found_operation], -1)
            best = found.unflatten(0, (batch, each)).amax(1)
            later = torch.arange(end) > torch.arange(start, end).unsqueeze(1)
            read = self.attend_token(embedded[:, :end], best, later)
            said.append(self.logits(F.relu(self.pooled(read))))
        executed, _ = self.execute(inputs, hidden, cell)
        return torch.cat(said, 1), executed, keys


def cells_loss(logits, rows):
    keys = rows.flatten() - (LIMIT - BOUND)
    keys = keys.masked_fill((keys < 0) | (keys >= KEYS), -100)
    return F.cross_entropy(logits.flatten(0, 1), keys)


def loss_of(model, batch, stride):
    inputs, outputs, tokens, targets, lengths = batch
    logits, executed, keys = model(inputs, outputs, tokens, lengths, stride)
    own = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD, reduction="sum")
    count = int((targets != PAD).sum())
    total = own + count * (cells_loss(executed, outputs) + cells_loss(keys, inputs))
    return total, own.item(), count


def load(model, weights):
    """Takes over the weights, by the names that iocc gives them."""
    pairs = {
        "value.weight": "encoder.value",
        "input_position": "encoder.input.position",
        "output_position": "encoder.output.position",
        "operation_key.weight": "operation.key",
        "operation_query.weight": "operation.query",
        "operation_row": "operation.row",
        "executor_value.weight": "executor.value",
        "token.weight": "decoder.token",
        "pooled.weight": "head.pooled",
        "pooled.bias": "head.pooled_bias",
        "logits.weight": "head.logits",
        "logits.bias": "head.logits_bias",
    }
    attentions = {"attend_token": "head.attend_token"}
    attentions |= {f"rounds.{n}": f"encoder.round{n}" for n in range(len(model.rounds))}
    attentions |= {f"attend_{part}": f"decoder.attend_{part}" for part in ("input", "output", "operation")}
    for own, other in attentions.items():
        pairs |= {f"{own}.{part}.weight": f"{other}.{part}" for part in ("query", "key")}
    lstms = {"input_lstm": "encoder.input.lstm", "output_lstm": "encoder.output.lstm", "executor_lstm": "executor.lstm"}
    gates = {"weight_ih": "input", "weight_hh": "hidden", "bias_ih": "input_bias", "bias_hh": "hidden_bias"}
    for gate, other in gates.items():
        pairs[f"decoder.{gate}"] = f"decoder.lstm.{other}_0"
        for own, path in lstms.items():
            pairs[f"{own}.{gate}_l0"] = f"{path}.{other}_0"
            pairs[f"{own}.{gate}_l0_reverse"] = f"{path}.{other}_0_back"
    own = dict(model.named_parameters())
    assert set(pairs) == set(own) and set(pairs.values()) == set(weights), "the networks have other parameters"
    with torch.no_grad():
        for name, other in pairs.items():
            own[name].copy_(weights[other])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--by", choices=["step", "stretch"], default="step")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tensors = read_safetensors(args.file)
    sizes = [int(size) for size in tensors["sizes"]]
    model = LaSynth(*sizes)
    stride = 1 if args.by == "step" else model.every
    load(model, {name[len("weights/"):]: tensor for name, tensor in tensors.items() if name.startswith("weights/")})
    parts = ("inputs", "outputs", "tokens", "targets", "lengths")
    batches = [tuple(tensors[f"{number}/{part}"] for part in parts) for number in range(args.steps)]

    with torch.no_grad():
        _, own, count = loss_of(model, batches[0], stride)
    expected = tensors["loss"].item()
    assert abs(own / count - expected) < 1e-3, f"the loss of the first batch is {own / count}, not {expected}"

    adam = torch.optim.Adam(model.parameters(), lr=2e-3, betas=(0.9, 0.99))
    start, processor, tokens = time.perf_counter(), time.process_time(), 0
    for batch in batches:
        adam.zero_grad()
        total, _, count = loss_of(model, batch, stride)
        (total / count).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        tokens += count
    wall, processor = time.perf_counter() - start, time.process_time() - processor
    print(json.dumps({"tokens_per_second": tokens / wall, "tokens_per_processor_second": tokens / processor}))


main()
