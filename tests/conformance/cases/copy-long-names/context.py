def make(folder):
    name = "n" * 200
    deep = folder / "tree" / name
    deep.mkdir(parents=True)
    (deep / name).write_text("deep\n")
    (folder / "tree/link").symlink_to(f"{name}/{name}")
    (folder / "tree" / ("é" * 120)).write_text("not ASCII\n")
