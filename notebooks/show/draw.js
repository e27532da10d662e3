(root => {
  const d = DATA;
  if (!root || root.firstChild) return;
  const add = (parent, tag, text) => {
    const e = parent.appendChild(document.createElement(tag));
    if (text) e.textContent = text;
    return e;
  };
  add(root, 'b', d.title);
  const state = add(root, 'div', 'To draw, run this cell in JupyterLab or Jupyter Notebook.');
  const frame = add(root, 'div');
  frame.style.cssText = 'display:flex;flex-wrap:wrap;gap:16px';
  const look = `image-rendering:pixelated;width:${d.images.width}px;max-width:none;margin:0`;
  const canvas = add(frame, 'canvas'), filled = add(frame, 'img'), images = new Image();
  canvas.style.cssText = look + ';cursor:crosshair;touch-action:none';
  filled.style.cssText = look;
  const missing = [...d.missing].map(m => m === '1'), radius = Math.max(1, Math.min(d.h, d.w) / 14);
  const show = () => {
    const c = canvas.getContext('2d');
    c.drawImage(images, 0, 0);
    c.fillStyle = 'rgb(200, 60, 60)';
    missing.forEach((m, i) => {
      const n = Math.floor(i / (d.h * d.w)), y = Math.floor(i / d.w) % d.h, x = i % d.w;
      if (m) c.fillRect(n % d.images.cols * (d.w + 1) + x, Math.floor(n / d.images.cols) * (d.h + 1) + y, 1, 1);
    });
  };
  images.onload = () => {
    Object.assign(canvas, {width: images.naturalWidth, height: images.naturalHeight});
    show();
  };
  images.src = 'data:image/png;base64,' + d.images.png;

  // The cell gets the whole mask, and the next one when it has answered.
  let comm = null, sent = 0, timer = 0, again = false, ended = false;
  const end = text => { ended = true; state.textContent = text; };
  const connect = () => {
    const now = globalThis.gonb_comm; // GoNB makes another one when the page is loaded again
    if (!now || now._kernel_id !== d.kernel) return comm = null; // that of another notebook in this page
    if (now !== comm) (comm = now).subscribe(d.id + '/answer', (_, text) => answer(text));
    return comm;
  };
  const send = word => {
    if (ended || (again = timer && !word)) return;
    if (!connect()) return end('There is no connection to the kernel: run the cell again to draw.');
    comm.send(d.id, `${word ?? sent++} ${missing.map(Number).join('')}`);
    clearTimeout(timer);
    timer = setTimeout(() => end('The cell does not answer: run it again to draw.'), 30000);
  };
  const answer = text => {
    if (text === 'hello') return;
    timer = clearTimeout(timer);
    if (text === 'end') return end('The cell has ended: run it again to draw.');
    filled.src = 'data:image/png;base64,' + text;
    state.textContent = 'Draw on the left what is to be missing; begin on something missing to take it away.';
    if (again) send();
  };

  let hide = true, last = null;
  const paint = (x, y) => {
    const col = Math.floor(x / (d.w + 1)), line = Math.floor(y / (d.h + 1)), n = line * d.images.cols + col;
    if (col < 0 || col >= d.images.cols || !(n >= 0 && n < d.n)) return;
    const near = (v, size) => [Math.max(0, Math.floor(v - radius)), Math.min(size, Math.ceil(v + radius))];
    const cx = x - col * (d.w + 1), cy = y - line * (d.h + 1), [x0, x1] = near(cx, d.w), [y0, y1] = near(cy, d.h);
    for (let i = y0; i < y1; i++) {
      for (let j = x0; j < x1; j++) {
        if ((i + 0.5 - cy) ** 2 + (j + 0.5 - cx) ** 2 <= radius ** 2) missing[(n * d.h + i) * d.w + j] = hide;
      }
    }
  };
  const at = e => [e.offsetX / canvas.clientWidth * canvas.width, e.offsetY / canvas.clientHeight * canvas.height];
  canvas.onpointerdown = e => {
    if (ended || e.button !== 0) return;
    canvas.setPointerCapture(e.pointerId);
    last = at(e);
    const [x, y] = last.map(Math.floor), n = Math.floor(y / (d.h + 1)) * d.images.cols + Math.floor(x / (d.w + 1));
    hide = !missing[(n * d.h + y % (d.h + 1)) * d.w + x % (d.w + 1)];
    canvas.onpointermove(e);
  };
  canvas.onpointermove = e => {
    if (!last) return;
    const to = at(e), steps = Math.ceil(Math.hypot(to[0] - last[0], to[1] - last[1])) || 1;
    for (let s = 1; s <= steps; s++) paint(...last.map((v, i) => v + (to[i] - v) * s / steps));
    last = to;
    show();
    send();
  };
  canvas.onpointerup = canvas.onpointercancel = () => last = null;
  add(root, 'button', 'clear').onclick = () => { if (!ended) { missing.fill(false); show(); send(); } };
  add(root, 'button', 'done').onclick = () => send('done');
  (function begin(tries, tried) { // GoNB tries again if a connection fails
    const now = connect();
    if (now && now !== tried) now._is_connected.then(() => { if (!sent) send(); }, () => {});
    if (tries && !sent) setTimeout(begin, 100, tries - 1, now);
  })(150);
})(document.getElementById('ID'));
