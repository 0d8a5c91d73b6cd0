export namespace text {
    export function fold(given: any): string;
    export { digitsToAscii as asciiDigits };
    export function phone(number: any, country: any, trunk: any): string;
    export { inCalendar };
    export function dayOf(calendar: any, { year, month, day }: {
        year: any;
        month: any;
        day: any;
    }): number;
}
import { digitsToAscii } from "../language.js";
declare function inCalendar(day: any, calendar: any): {
    year: number;
    month: number;
    day: number;
};
export {};
