"""Untrained eyes for a model that has none: a vision encoder of a few kilobytes whose weights mean nothing.

With them a server takes pictures and puts something of them before the model, as one does whose eyes were trained.
"""

import struct

U32, F32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
SIDE, PATCH, WIDTH, LAYERS, WORDS = 56, 14, 32, 2, 576


def _string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value):
    if isinstance(value, bool):
        return struct.pack("<I?", BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", U32, value)
    if isinstance(value, float):
        return struct.pack("<If", F32, value)
    if isinstance(value, list):
        return struct.pack("<IIQ", ARRAY, F32, len(value)) + struct.pack(f"<{len(value)}f", *value)
    return struct.pack("<I", STRING) + _string(value)


def _numbers(count, seed):
    # Small, different, and the same everywhere.
    state = seed * 2654435761 % 2**32 or 1
    numbers = []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        numbers.append((state / 2**32 - 0.5) * 0.2)
    return numbers


def write(path):
    """Writes them as GGUF, version 3."""
    facts = {
        "general.architecture": "clip",
        "general.file_type": 0,
        "clip.has_vision_encoder": True,
        "clip.projector_type": "mlp",
        "clip.use_gelu": True,
        "clip.vision.image_size": SIDE,
        "clip.vision.patch_size": PATCH,
        "clip.vision.embedding_length": WIDTH,
        "clip.vision.feed_forward_length": WIDTH,
        "clip.vision.projection_dim": WORDS,
        "clip.vision.block_count": LAYERS,
        "clip.vision.attention.head_count": 2,
        "clip.vision.attention.layer_norm_epsilon": 1e-5,
        "clip.vision.image_mean": [0.5, 0.5, 0.5],
        "clip.vision.image_std": [0.5, 0.5, 0.5],
    }
    shapes = {
        "v.patch_embd.weight": [PATCH, PATCH, 3, WIDTH],
        "v.position_embd.weight": [WIDTH, (SIDE // PATCH) ** 2],
        "v.pre_ln.weight": [WIDTH],
        "v.pre_ln.bias": [WIDTH],
        "v.post_ln.weight": [WIDTH],
        "v.post_ln.bias": [WIDTH],
        "mm.0.weight": [WIDTH, WORDS],
        "mm.0.bias": [WORDS],
        "mm.2.weight": [WORDS, WORDS],
        "mm.2.bias": [WORDS],
    }
    for layer in range(LAYERS):
        for part in ["attn_q", "attn_k", "attn_v", "attn_out", "ffn_up", "ffn_down"]:
            shapes[f"v.blk.{layer}.{part}.weight"] = [WIDTH, WIDTH]
            shapes[f"v.blk.{layer}.{part}.bias"] = [WIDTH]
        for part in ["ln1", "ln2"]:
            shapes[f"v.blk.{layer}.{part}.weight"] = [WIDTH]
            shapes[f"v.blk.{layer}.{part}.bias"] = [WIDTH]
    head = struct.pack("<IIQQ", 0x46554747, 3, len(shapes), len(facts))
    head += b"".join(_string(name) + _value(value) for name, value in facts.items())
    body = b""
    for seed, (name, shape) in enumerate(shapes.items(), 1):
        count = 1
        for side in shape:
            count *= side
        head += _string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", 0, len(body))
        body += struct.pack(f"<{count}f", *_numbers(count, seed))
        body += bytes(-len(body) % 32)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % 32) + body)
