// A glider after four generations of Conway's game on a torus has moved by one place each way, and has five cells.
// returns 5

int main(void) {
    int now[64];
    int next[64];
    for (int i = 0; i < 64; i++) {
        now[i] = 0;
    }
    now[1] = 1;
    now[10] = 1;
    now[16] = 1;
    now[17] = 1;
    now[18] = 1;
    for (int round = 0; round < 4; round++) {
        for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 8; x++) {
                int around = 0;
                for (int dy = 0; dy < 3; dy++) {
                    for (int dx = 0; dx < 3; dx++) {
                        if (dy != 1 || dx != 1) {
                            around += now[(y + dy + 7) % 8 * 8 + (x + dx + 7) % 8];
                        }
                    }
                }
                next[8 * y + x] = around == 3 || (around == 2 && now[8 * y + x]);
            }
        }
        for (int i = 0; i < 64; i++) {
            now[i] = next[i];
        }
    }
    int alive = 0;
    for (int i = 0; i < 64; i++) {
        alive += now[i];
    }
    return alive * (now[10] && now[19] && now[25] && now[26] && now[27]);
}
