//! test parse ir interp

enum color { RED, GREEN = 5, BLUE };

int name(int color)
{
    switch (color) {
    case RED:
        return 100;
    case GREEN:
    case BLUE:
        color *= 2;
    case 77:
        color++;
        break;
    default:
        color = -1;
    case -3:
        color -= 10;
    }
    return color;
}

// A `continue` in it belongs to the loop, a `break` to the switch.
int loop(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        switch (i % 4) {
        case 0:
            continue;
        case 1:
            if (i > 5)
                break;
            sum += 10;
        default:
            sum += 1;
        }
        sum += 100;
    }
    return sum;
}

int without_default(int x)
{
    switch (x) {
    case 1:
        return 1;
    }
    return 0;
}

int empty(int x)
{
    switch (x) {
    }
    return x;
}

int nested(int x, int y)
{
    switch (x) {
    case 0:
        switch (y) {
        case 0: return 1;
        case 1: break;
        default: return 3;
        }
        return 2;
    case 1: {
        int z = y;
        return z + 40;
    }
    }
    return 0;
}

// The labels are converted to the type of the value, after promotion.
int types(int x)
{
    unsigned char small = x;
    long large = x * 4294967296;
    int found = 0;
    switch (small) {
    case 256: found = 1; break;
    case 255: found = 2; break;
    }
    switch (large) {
    case 4294967296: found += 10; break;
    case 0: found += 20;
    }
    return found;
}

int assigned(int x)
{
    int y;
    switch (x) {
    case 0: y = 1; break;
    case 1: y = 2; break;
    default: return 9;
    }
    return y;
}

int unassigned(int x)
{
    int y;
    switch (x) {
    case 0: y = 1; break;
    case 1: break;
    }
    return y; //~ E0030 may be read before it is written
}
//! run name(0) == 100
//! run name(5) == 11
//! run name(6) == 13
//! run name(77) == 78
//! run name(3) == -11
//! run name(-3) == -13
//! run loop(9) == 626
//! run without_default(1) == 1
//! run without_default(2) == 0
//! run empty(4) == 4
//! run nested(0, 0) == 1
//! run nested(0, 1) == 2
//! run nested(0, 2) == 3
//! run nested(1, 2) == 42
//! run nested(2, 2) == 0
//! run types(0) == 20
//! run types(1) == 10
//! run types(-1) == 2
//! run assigned(1) == 2
//! run assigned(5) == 9
//! run unassigned(0) == 1
//! run unassigned(1) traps uninitialized_read
//! run unassigned(2) traps uninitialized_read
