// A stack of numbers, and a sum in Polish notation the other way round.
// returns 14

#define DEPTH 16

int stack[DEPTH];
int top;

void push(int value) {
    stack[top++] = value;
}

int pop(void) {
    return stack[--top];
}

int evaluate(const char *p) {
    for (; *p; p++) {
        if (*p >= '0' && *p <= '9') {
            push(*p - '0');
            continue;
        }
        int right = pop();
        int left = pop();
        switch (*p) {
        case '+':
            push(left + right);
            break;
        case '-':
            push(left - right);
            break;
        case '*':
            push(left * right);
            break;
        }
    }
    return pop();
}

int main(void) {
    return evaluate("512+4*+3-");
}
