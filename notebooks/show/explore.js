(root => {
  const d = DATA;
  if (!root || root.firstChild) return;
  const at = d.sliders.map(s => s.start);
  const add = (parent, tag, text) => {
    const e = parent.appendChild(document.createElement(tag));
    if (text) e.textContent = text;
    return e;
  };
  const picture = (parent, p) => {
    const img = add(parent, 'img');
    img.src = 'data:image/png;base64,' + p.png;
    img.style.cssText = `image-rendering:pixelated;width:${p.width}px;max-width:none;margin:0`;
    return img;
  };
  add(root, 'b', d.title);
  const inputs = d.sliders.map((s, i) => {
    const row = add(root, 'div'), label = add(row, 'label', s.name + ' ');
    const input = add(label, 'input');
    Object.assign(input, {type: 'range', min: 0, max: s.positions.length - 1, value: s.start});
    const value = add(label, 'output');
    const set = v => {
      at[i] = Number(v);
      input.value = v;
      value.textContent = ' ' + s.positions[at[i]];
      draw();
    };
    input.oninput = () => set(input.value);
    const play = add(row, 'button', '▶');
    play.style.marginLeft = '12px';
    let timer = 0;
    play.onclick = () => {
      if (timer) return timer = clearInterval(timer), play.textContent = '▶';
      play.textContent = '■';
      timer = setInterval(() => root.isConnected ? set((at[i] + 1) % s.positions.length) : clearInterval(timer), 600);
    };
    if (s.pick) {
      const img = picture(add(row, 'div'), s.pick);
      img.style.cursor = 'pointer';
      img.title = 'choose one';
      img.onclick = e => {
        const col = Math.floor(e.offsetX / img.clientWidth * s.pick.cols);
        const line = Math.floor(e.offsetY / img.clientHeight * s.pick.rows);
        const n = line * s.pick.cols + col;
        if (n >= 0 && n < s.positions.length) set(n);
      };
    }
    value.textContent = ' ' + s.positions[s.start];
    return set;
  });
  const frame = add(root, 'div');
  frame.style.cssText = 'display:flex;flex-wrap:wrap;gap:16px;min-height:60px';
  function draw() {
    frame.textContent = '';
    const f = d.frames[at.reduce((n, a, i) => n * d.sliders[i].positions.length + a, 0)];
    for (const p of f) {
      const box = add(frame, 'div');
      add(box, 'div', p.caption).style.fontSize = '90%';
      picture(box, p);
    }
  }
  draw();
})(document.getElementById('ID'));
