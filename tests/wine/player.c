/* Stands beside herald.exe in the player's place: says that it was called, stays a while, plays nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int main(void) {
    char path[MAX_PATH];
    DWORD length = GetModuleFileNameA(NULL, path, sizeof path);
    if (length == 0 || length > sizeof path - 8) {
        return 1;
    }
    path[length - 4] = 0;
    strcat(path, ".txt");
    FILE *called = fopen(path, "a");
    if (called) {
        fputs("called\n", called);
        fclose(called);
    }
    Sleep(3000);
    return 0;
}
