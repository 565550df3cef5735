// Cells of a lake of three by three that are reached from its corner, with a stack of our own.
// returns 9

int main(void) {
    int map[25];
    int stack[100];
    int top = 0;
    int filled = 0;
    for (int i = 0; i < 25; i++) {
        map[i] = 0;
    }
    for (int i = 0; i < 4; i++) {
        map[5 * i + 3] = 1;
        map[5 * 3 + i] = 1;
    }
    stack[top] = 0;
    top++;
    while (top > 0) {
        top--;
        int cell = stack[top];
        if (map[cell] != 0) {
            continue;
        }
        map[cell] = 2;
        filled++;
        int x = cell % 5;
        int y = cell / 5;
        if (x > 0) {
            stack[top] = cell - 1;
            top++;
        }
        if (x < 4) {
            stack[top] = cell + 1;
            top++;
        }
        if (y > 0) {
            stack[top] = cell - 5;
            top++;
        }
        if (y < 4) {
            stack[top] = cell + 5;
            top++;
        }
    }
    return filled;
}
